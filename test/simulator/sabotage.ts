import { TenantManagementError } from "../../provider/src/client/errors";
import type { HttpAnswer, HttpRequest } from "../../provider/src/client/transport";
import type { Properties } from "../../provider/src/dynamic/engine/inputs";
import { Holding } from "../../provider/src/journal/holding";
import { releasedType, tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import type { ResourceProvider } from "./engine-model";
import type { Sabotage } from "./stack";

/** Changes the operations of a type of resources. */
function inOperations(
  changedType: string,
  change: (provider: ResourceProvider) => Partial<ResourceProvider>,
): Sabotage {
  return {
    provider: (type, provider) => {
      if (type !== changedType) return provider;
      const changed = change(provider);
      return new Proxy(provider, {
        get: (target, name) =>
          (Reflect.get(changed, name) as unknown) ?? (Reflect.get(target, name) as unknown),
      });
    },
  };
}

/** Changes the operations of applications. */
function inApplications(change: (provider: ResourceProvider) => Partial<ResourceProvider>): Sabotage {
  return inOperations(tenantApplicationType, change);
}

/** Compares tenants as if their inputs were others. */
function inComparisonsOfTenants(change: (olds: Properties, news: Properties) => Properties): Sabotage {
  return inOperations(tenantType, (provider) => ({
    diff: (id, olds, news) => provider.diff(id, olds, change(olds, news)),
  }));
}

/** Keeps applications of which nothing has changed but some properties. */
function keepingDespite(...properties: string[]): Sabotage {
  return inApplications((provider) => ({
    diff: async (...given) => {
      const found = await provider.diff(...given);
      const replaces = (found.replaces ?? []).filter((name) => !properties.includes(name));
      return { ...found, replaces, changes: replaces.length > 0 };
    },
  }));
}

/** Changes what the API answers. */
function inAnswers(change: (request: HttpRequest, answer: HttpAnswer) => HttpAnswer): Sabotage {
  return {
    transport: (transport) => ({
      ...transport,
      send: async (request) => change(request, await transport.send(request)),
    }),
  };
}

/** A fault of our own, which the simulator must find. */
export interface PlantedFault {
  /** The index of the first lifecycle that is tried; default 0. No lifecycle before it found the fault. */
  from?: number;
  /** What is found first, of what the fault violates. */
  found: RegExp;
  sabotage: Sabotage;
}

/** The faults that are planted, one at a time, by what a provider does then. */
export const sabotages: Record<string, PlantedFault> = {
  "sends a create before it is recorded": {
    found: /createTenant recorded was not reached/,
    sabotage: {
      journal: (journal) => ({
        ...journal,
        append: (event) =>
          event.event === "intent" && event.operation === "create"
            ? Promise.resolve({ kind: "event", where: "", text: "{}", event })
            : journal.append(event),
      }),
    },
  },
  "repeats a POST whose answer was lost": {
    found: /what no list had was taken for created/,
    sabotage: {
      transport: (transport) => ({
        ...transport,
        send: (request) =>
          transport.send(request).catch((error: unknown) => {
            if (request.method === "POST" && error instanceof TenantManagementError)
              return transport.send(request);
            throw error;
          }),
      }),
    },
  },
  "repeats a POST that a server refused": {
    found: /the applications at the vendor are not those in the state/,
    sabotage: {
      transport: (transport) => ({
        ...transport,
        send: async (request) => {
          const answer = await transport.send(request);
          const isRefused = request.method === "POST" && answer.status >= 500;
          return isRefused && !request.url.pathname.endsWith("/token") ? transport.send(request) : answer;
        },
      }),
    },
  },
  "forgets which applications the stack held": {
    found: /which is declared, was deleted/,
    sabotage: {
      run: ({ held }) => {
        const note = held.note.bind(held);
        held.note = (type, inputs) => {
          const { slot } = inputs;
          const isHeld = type === "TenantApplication" && typeof slot === "object" && slot !== null;
          return note(type, isHeld ? { ...inputs, slot: { ...slot, heldId: undefined } } : inputs);
        };
      },
    },
  },
  "forgets the applications that it has just created": {
    from: 13,
    found: /the state holds one object twice/,
    sabotage: {
      run: ({ known }) => {
        known.noteApplicationOfStack = () => undefined;
      },
    },
  },
  "records no end of a delete": {
    found: /recorded no end of what it began/,
    sabotage: {
      journal: (journal) => ({
        ...journal,
        append: (event) =>
          event.event === "result" && event.operation === "delete"
            ? Promise.resolve({ kind: "event", where: "", text: "{}", event })
            : journal.append(event),
      }),
    },
  },
  "records the end of a delete without waiting for it": {
    found: /recorded no end of what it began/,
    sabotage: {
      journal: (journal) => ({
        ...journal,
        append: (event) => {
          const appended = journal.append(event);
          if (event.event !== "result" || event.operation !== "delete") return appended;
          appended.catch(() => undefined);
          return Promise.resolve({ kind: "event", where: "", text: "{}", event });
        },
      }),
    },
  },
  "deletes a lost application unasked": {
    found: /which the state does not hold, was deleted unasked/,
    sabotage: {
      run: (run) => {
        const configure = run.configure.bind(run);
        run.configure = ({ config }) => {
          const isSet = "tenants:replaceLostApplications";
          configure({ config: { get: (key) => (key === isSet ? "true" : config.get(key)) } });
        };
      },
    },
  },
  "deletes in production whatever the state no longer protects": {
    from: 9,
    found: /which is declared, was deleted/,
    sabotage: {
      run: ({ guard }) => {
        guard.assertMayBeDeleted = () => Promise.resolve();
      },
    },
  },
  "takes what a list lacks for deleted": {
    found: /a refresh by lists that lag changed the state/,
    sabotage: {
      run: ({ known }) => {
        known.findApplication = async (tenantId, applicationId) =>
          (await known.applicationsOf(tenantId))?.find((one) => one.applicationId === applicationId);
      },
    },
  },
  "takes what another organization lacks for gone": {
    from: 30,
    found: /a refresh with another organization's credentials succeeded/,
    sabotage: {
      run: ({ known }) => {
        known.assertGone = () => Promise.resolve();
      },
    },
  },
  "deletes an application that may be in use": {
    from: 16,
    found: /an application that is perhaps in use was made again/,
    sabotage: {
      run: ({ record }) => {
        const slotHistory = record.slotHistory.bind(record);
        record.slotHistory = async (...given) => {
          const history = await slotHistory(...given);
          if (history.kind !== "made") return history;
          const { intent, earlier } = history;
          return { kind: "open", intent, earlier, lost: [...earlier, intent] };
        };
      },
    },
  },
  "looks at no list before it creates an application": {
    from: 9,
    found: /getTenantApplications before was not reached/,
    sabotage: {
      run: ({ known }) => {
        known.applicationsOf = () => Promise.resolve([]);
      },
    },
  },
  "looks at a list once": {
    from: 17,
    found: /what the second list has was not found/,
    sabotage: {
      run: (run) => {
        const connect = run.api.bind(run);
        run.api = async () => {
          const api = await connect();
          api.lookTwice = async (look) => [await look()];
          return api;
        };
      },
    },
  },
  "takes what another create may have made for its own": {
    from: 51,
    found: /the secret of twins\/eu-1\/ingest does not hold its credential/,
    sabotage: {
      run: ({ record }) => {
        record.openCreatesBeside = () => Promise.resolve([]);
      },
    },
  },
  "takes what the stack holds for what it has lost": {
    from: 10,
    found: /which is declared, was deleted/,
    sabotage: {
      run: ({ known }) => {
        known.isInState = (applicationId) => known.isApplicationOfStack(applicationId);
      },
    },
  },
  "creates equal applications at once": {
    from: 8,
    found: /applications that a list has were not found/,
    sabotage: {
      run: (run) => {
        Object.defineProperty(run, "oneAtATime", { value: (_kind: string, work: () => unknown) => work() });
      },
    },
  },
  "creates an application beside one that was handed over": {
    from: 13,
    found: /an application was created beside the one that was handed over/,
    sabotage: {
      run: ({ record }) => {
        record.idsHandedOver = () => Promise.resolve([]);
      },
    },
  },
  "deletes what another resource holds": {
    from: 7,
    found:
      /refused for another reason than .* still has \d+ application\(s\) that this stack does not delete/,
    sabotage: {
      run: ({ guard }) => {
        guard.isKept = () => false;
      },
    },
  },
  "takes any 404 for the end of a delete": {
    found: /destroy failed/,
    sabotage: inAnswers((request, answer) =>
      request.method === "DELETE" && answer.status === 404 ? { ...answer, status: 204, body: "" } : answer,
    ),
  },
  "replaces an application whose scopes come in another order": {
    found: /what was only described anew was made anew/,
    sabotage: inApplications((provider) => ({
      diff: async (id, olds, news) => {
        const found = await provider.diff(id, olds, news);
        const isInOrder = JSON.stringify(olds["scopes"]) === JSON.stringify(news["scopes"]);
        return isInOrder ? found : { ...found, changes: true, replaces: ["scopes"] };
      },
    })),
  },
  "keeps an application of a tenant that is gone": {
    from: 19,
    found: /the applications at the vendor are not those in the state/,
    sabotage: keepingDespite("tenantId"),
  },
  "keeps an application in place of another that is adopted": {
    from: 39,
    found: /the application is not the one that was taken over/,
    sabotage: keepingDespite("adopt"),
  },
  "keeps an application whose key was replaced": {
    found: /the private key of .* is another's/,
    sabotage: keepingDespite("publicKey", "keyId"),
  },
  "forgets an application whose create was answered in part": {
    found: /an up without any trouble failed/,
    sabotage: inApplications((provider) => ({
      create: async (inputs) => {
        try {
          return await provider.create(inputs);
        } catch (error) {
          throw new Error(String(error), { cause: error });
        }
      },
    })),
  },
  "empties the client secret in a refresh": {
    found: /does not hold its credential/,
    sabotage: inApplications((provider) => ({
      read: async (id, properties) => {
        const read = (await provider.read?.(id, properties)) ?? { id, props: properties };
        return "clientSecret" in read.props ? { ...read, props: { ...read.props, clientSecret: "" } } : read;
      },
    })),
  },
  "deletes an application before it creates the next": {
    found: /which is declared, was deleted/,
    sabotage: inApplications((provider) => ({
      diff: async (...given) => ({ ...(await provider.diff(...given)), deleteBeforeReplace: true }),
    })),
  },
  "loses the client secret": {
    found: /does not hold its credential/,
    sabotage: inApplications((provider) => ({
      create: async (inputs) => {
        const { id, outs } = await provider.create(inputs);
        return {
          id,
          outs: Object.fromEntries(Object.entries(outs).filter(([name]) => name !== "clientSecret")),
        };
      },
    })),
  },
  "takes an application that could not be read for deleted": {
    found: /a 404 that another answer contradicts was taken for the end/,
    sabotage: inApplications((provider) => ({
      read: async (id, properties) => {
        try {
          return (await provider.read?.(id, properties)) ?? { id, props: properties };
        } catch {
          return { id: "", props: {} };
        }
      },
    })),
  },
  "answers with a value that the engine cannot take": {
    found: /a mistake in the code: .*Unexpected struct type/,
    sabotage: inApplications((provider) => ({
      create: async (inputs) => {
        const { id, outs } = await provider.create(inputs);
        return { id, outs: { ...outs, keyId: undefined } };
      },
    })),
  },
  "adopts an application with other scopes than are declared": {
    from: 13,
    found: /an application was adopted with other scopes/,
    sabotage: inApplications((provider) => ({
      create: async (inputs) => {
        try {
          return await provider.create(inputs);
        } catch (error) {
          if (inputs["adopt"] === undefined) throw error;
          return provider.create({ ...inputs, scopes: ["documents.submissions.read"] });
        }
      },
    })),
  },
  "adopts an application by a credential that is not its own": {
    from: 13,
    found: /an application was adopted with another secret/,
    sabotage: {
      run: (run) => {
        const connect = run.api.bind(run);
        run.api = async () => {
          const api = await connect();
          api.proveCredentials = () => Promise.resolve();
          return api;
        };
      },
    },
  },
  "replaces a tenant unasked": {
    from: 68,
    found: /what must be refused was done/,
    sabotage: inComparisonsOfTenants((_olds, news) => ({ ...news, allowReplace: true })),
  },
  "does not see that a tenant's status has changed": {
    from: 7,
    found: /destroy failed: .* is active in stage production/,
    sabotage: inComparisonsOfTenants(({ status }, news) => ({
      ...news,
      status: status ?? "active",
    })),
  },
  "makes a tenant before it deletes the one that it replaces": {
    from: 68,
    found: /a tenant was not replaced in the order in which it must be/,
    sabotage: inOperations(tenantType, (provider) => ({
      diff: async (...given) => ({ ...(await provider.diff(...given)), deleteBeforeReplace: false }),
    })),
  },
  "keeps the credentials of what was handed over": {
    found: /a private key was kept in /,
    sabotage: inOperations(releasedType, (provider) => ({
      update: async (id, olds, news) => {
        const { outs } = (await provider.update?.(id, olds, news)) ?? { outs: {} };
        return { outs: { ...olds, ...outs } };
      },
    })),
  },
  "counts the age of credentials from the wrong day": {
    found: /has too many successors, or none/,
    sabotage: inApplications((provider) => ({
      create: async (inputs) => {
        const { id, outs } = await provider.create(inputs);
        return { id, outs: { ...outs, createdAt: new Date().toISOString() } };
      },
    })),
  },
  "remembers a list of applications for too long": {
    from: 17,
    found: /an application of somebody else's was taken over/,
    sabotage: {
      run: ({ known }) => {
        known.forgetApplicationsOf = () => undefined;
      },
    },
  },
  "records that a stack holds nothing": {
    found: /the end of the record does not say what the state holds/,
    sabotage: {
      journal: (journal) => ({
        ...journal,
        append: (event) => journal.append({ ...event, holds: new Holding().toString() }),
      }),
    },
  },
  "reads the first page of a list alone": {
    from: 76,
    found: /reconcile does not name what no state holds/,
    sabotage: inAnswers((request, answer) =>
      request.method === "GET" && request.url.pathname.endsWith("/tenants")
        ? { ...answer, body: answer.body.replace(/"next":\{[^}]*\}/, '"next":{}') }
        : answer,
    ),
  },
  "does not wait as long as a server asks": {
    from: 18,
    found: /a server's request to wait was not granted/,
    sabotage: inAnswers((_request, answer) => ({
      ...answer,
      headers: { ...answer.headers, "retry-after": "", "x-rate-limit-reset": "" },
    })),
  },
  "goes on with an access token that was refused": {
    from: 18,
    found: /a trouble that passes made a command fail/,
    sabotage: {
      transport: (transport) => {
        let first: string | undefined;
        const send = async (request: HttpRequest): Promise<HttpAnswer> => {
          const { authorization } = request.headers;
          if (authorization?.startsWith("Bearer ") !== true) return transport.send(request);
          first ??= authorization;
          return transport.send({ ...request, headers: { ...request.headers, authorization: first } });
        };
        return { ...transport, send };
      },
    },
  },
};
