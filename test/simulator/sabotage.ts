import { TenantManagementError } from "../../provider/src/client/errors";
import { tenantApplicationType } from "../../provider/src/names/resource-types";
import type { ResourceProvider } from "./engine-model";
import type { Sabotage } from "./stack";

/** Changes the operations of applications. */
function inApplications(change: (provider: ResourceProvider) => Partial<ResourceProvider>): Sabotage {
  return {
    provider: (type, provider) => {
      if (type !== tenantApplicationType) return provider;
      const changed = change(provider);
      return new Proxy(provider, {
        get: (target, name) =>
          (Reflect.get(changed, name) as unknown) ?? (Reflect.get(target, name) as unknown),
      });
    },
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
};
