import { TenantManagementError } from "../../provider/src/client/errors";
import type { HttpAnswer, HttpRequest } from "../../provider/src/client/transport";
import type { Properties } from "../../provider/src/dynamic/engine/inputs";
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

/** Faults of our own, which the simulator must find. */
export const sabotages: Record<string, Sabotage> = {
  "sends a create before it is recorded": {
    journal: (journal) => ({
      ...journal,
      append: (event) =>
        event.event === "intent" && event.operation === "create"
          ? Promise.resolve({ kind: "event", where: "", text: "{}", event })
          : journal.append(event),
    }),
  },
  "repeats a POST whose answer was lost": {
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
  "repeats a POST that a server refused": {
    transport: (transport) => ({
      ...transport,
      send: async (request) => {
        const answer = await transport.send(request);
        const isRefused = request.method === "POST" && answer.status >= 500;
        return isRefused && !request.url.pathname.endsWith("/token") ? transport.send(request) : answer;
      },
    }),
  },
  "forgets which applications the stack held": {
    run: ({ held }) => {
      const note = held.note.bind(held);
      held.note = (type, inputs) => {
        const { slot } = inputs;
        const isHeld = type === "TenantApplication" && typeof slot === "object" && slot !== null;
        return note(type, isHeld ? { ...inputs, slot: { ...slot, heldId: undefined } } : inputs);
      };
    },
  },
  "forgets the applications that it has just created": {
    run: ({ known }) => {
      known.noteApplicationOfStack = () => undefined;
    },
  },
  "records no end of a delete": {
    journal: (journal) => ({
      ...journal,
      append: (event) =>
        event.event === "result" && event.operation === "delete"
          ? Promise.resolve({ kind: "event", where: "", text: "{}", event })
          : journal.append(event),
    }),
  },
  "records the end of a delete without waiting for it": {
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
  "deletes a lost application unasked": {
    run: (run) => {
      const configure = run.configure.bind(run);
      run.configure = ({ config }) => {
        const isSet = "tenants:replaceLostApplications";
        configure({ config: { get: (key) => (key === isSet ? "true" : config.get(key)) } });
      };
    },
  },
  "deletes in production whatever the state no longer protects": {
    run: ({ guard }) => {
      guard.assertMayBeDeleted = () => Promise.resolve();
    },
  },
  "takes what a list lacks for deleted": {
    run: ({ known }) => {
      known.findApplication = async (tenantId, applicationId) =>
        (await known.applicationsOf(tenantId))?.find((one) => one.applicationId === applicationId);
    },
  },
  "takes what another organization lacks for gone": {
    run: ({ known }) => {
      known.assertGone = () => Promise.resolve();
    },
  },
  "deletes an application that may be in use": {
    run: ({ record }) => {
      const slotHistory = record.slotHistory.bind(record);
      record.slotHistory = async (...given) => {
        const history = await slotHistory(...given);
        return history.kind === "made" ? { ...history, kind: "open" } : history;
      };
    },
  },
  "looks at no list before it creates an application": {
    run: ({ known }) => {
      known.applicationsOf = () => Promise.resolve([]);
    },
  },
  "looks at a list once": {
    run: (run) => {
      const connect = run.api.bind(run);
      run.api = async () => {
        const api = await connect();
        api.lookTwice = async (look) => [await look()];
        return api;
      };
    },
  },
  "takes what another create may have made for its own": {
    run: ({ record }) => {
      record.openCreatesBeside = () => Promise.resolve([]);
    },
  },
  "takes what the stack holds for what it has lost": {
    run: ({ known }) => {
      known.isInState = (applicationId) => known.isApplicationOfStack(applicationId);
    },
  },
  "creates equal applications at once": {
    run: (run) => {
      Object.defineProperty(run, "oneAtATime", { value: (_kind: string, work: () => unknown) => work() });
    },
  },
  "creates an application beside one that was handed over": {
    run: ({ record }) => {
      record.idsHandedOver = () => Promise.resolve([]);
    },
  },
  "deletes what another resource holds": {
    run: ({ guard }) => {
      guard.isKept = () => false;
    },
  },
  "takes any 404 for the end of a delete": inAnswers((request, answer) =>
    request.method === "DELETE" && answer.status === 404 ? { ...answer, status: 204, body: "" } : answer,
  ),
  "replaces an application whose scopes come in another order": inApplications((provider) => ({
    diff: async (id, olds, news) => {
      const found = await provider.diff(id, olds, news);
      const isInOrder = JSON.stringify(olds["scopes"]) === JSON.stringify(news["scopes"]);
      return isInOrder ? found : { ...found, changes: true, replaces: ["scopes"] };
    },
  })),
  "keeps an application of a tenant that is gone": keepingDespite("tenantId"),
  "keeps an application in place of another that is adopted": keepingDespite("adopt"),
  "keeps an application whose key was replaced": keepingDespite("publicKey", "keyId"),
  "forgets an application whose create was answered in part": inApplications((provider) => ({
    create: async (inputs) => {
      try {
        return await provider.create(inputs);
      } catch (error) {
        throw new Error(String(error), { cause: error });
      }
    },
  })),
  "empties the client secret in a refresh": inApplications((provider) => ({
    read: async (id, properties) => {
      const read = (await provider.read?.(id, properties)) ?? { id, props: properties };
      return "clientSecret" in read.props ? { ...read, props: { ...read.props, clientSecret: "" } } : read;
    },
  })),
  "deletes an application before it creates the next": inApplications((provider) => ({
    diff: async (...given) => ({ ...(await provider.diff(...given)), deleteBeforeReplace: true }),
  })),
  "loses the client secret": inApplications((provider) => ({
    create: async (inputs) => {
      const { id, outs } = await provider.create(inputs);
      return {
        id,
        outs: Object.fromEntries(Object.entries(outs).filter(([name]) => name !== "clientSecret")),
      };
    },
  })),
  "takes an application that could not be read for deleted": inApplications((provider) => ({
    read: async (id, properties) => {
      try {
        return (await provider.read?.(id, properties)) ?? { id, props: properties };
      } catch {
        return { id: "", props: {} };
      }
    },
  })),
  "answers with a value that the engine cannot take": inApplications((provider) => ({
    create: async (inputs) => {
      const { id, outs } = await provider.create(inputs);
      return { id, outs: { ...outs, keyId: undefined } };
    },
  })),
  "adopts an application with other scopes than are declared": inApplications((provider) => ({
    create: async (inputs) => {
      try {
        return await provider.create(inputs);
      } catch (error) {
        if (inputs["adopt"] === undefined) throw error;
        return provider.create({ ...inputs, scopes: ["documents.submissions.read"] });
      }
    },
  })),
  "adopts an application by a credential that is not its own": {
    run: (run) => {
      const connect = run.api.bind(run);
      run.api = async () => {
        const api = await connect();
        api.proveCredentials = () => Promise.resolve();
        return api;
      };
    },
  },
  "replaces a tenant unasked": inComparisonsOfTenants((_olds, news) => ({ ...news, allowReplace: true })),
  "does not see that a tenant's status has changed": inComparisonsOfTenants(({ status }, news) => ({
    ...news,
    status: status ?? "active",
  })),
  "makes a tenant before it deletes the one that it replaces": inOperations(tenantType, (provider) => ({
    diff: async (...given) => ({ ...(await provider.diff(...given)), deleteBeforeReplace: false }),
  })),
  "keeps the credentials of what was handed over": inOperations(releasedType, (provider) => ({
    update: async (id, olds, news) => {
      const { outs } = (await provider.update?.(id, olds, news)) ?? { outs: {} };
      return { outs: { ...olds, ...outs } };
    },
  })),
  "counts the age of credentials from the wrong day": inApplications((provider) => ({
    create: async (inputs) => {
      const { id, outs } = await provider.create(inputs);
      return { id, outs: { ...outs, createdAt: new Date().toISOString() } };
    },
  })),
  "remembers a list of applications for too long": {
    run: ({ known }) => {
      known.forgetApplicationsOf = () => undefined;
    },
  },
  "records that a stack holds nothing": {
    journal: (journal) => ({ ...journal, append: (event) => journal.append({ ...event, holds: "0" }) }),
  },
  "reads the first page of a list alone": inAnswers((request, answer) =>
    request.method === "GET" && request.url.pathname.endsWith("/tenants")
      ? { ...answer, body: answer.body.replace(/"next":\{[^}]*\}/, '"next":{}') }
      : answer,
  ),
  "does not wait as long as a server asks": inAnswers((_request, answer) => ({
    ...answer,
    headers: { ...answer.headers, "retry-after": "", "x-rate-limit-reset": "" },
  })),
  "goes on with an access token that was refused": {
    transport: (transport) => {
      let first: string | undefined;
      const send = async (request: HttpRequest): Promise<HttpAnswer> => {
        const { authorization } = request.headers;
        if (authorization === undefined) return transport.send(request);
        first ??= authorization;
        return transport.send({ ...request, headers: { ...request.headers, authorization: first } });
      };
      return { ...transport, send };
    },
  },
};
