import type { Adapter, AdapterPayload } from "oidc-provider";

/** Stores the identity provider's log-ins in memory, so that they end with the process. */
export class MemoryAdapter implements Adapter {
  static readonly #entries = new Map<string, { payload: AdapterPayload; until: number }>();

  constructor(private readonly name: string) {}

  upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<undefined> {
    const until = expiresIn > 0 ? Date.now() + expiresIn * 1_000 : Infinity;
    MemoryAdapter.#entries.set(this.#key(id), { payload, until });
    return Promise.resolve(undefined);
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    const entry = MemoryAdapter.#entries.get(this.#key(id));
    return Promise.resolve(entry !== undefined && entry.until > Date.now() ? entry.payload : undefined);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy("uid", uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy("userCode", userCode);
  }

  async consume(id: string): Promise<undefined> {
    const payload = await this.find(id);
    if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1_000);
  }

  destroy(id: string): Promise<undefined> {
    MemoryAdapter.#entries.delete(this.#key(id));
    return Promise.resolve(undefined);
  }

  revokeByGrantId(grantId: string): Promise<undefined> {
    for (const [key, { payload }] of MemoryAdapter.#entries)
      if (payload.grantId === grantId) MemoryAdapter.#entries.delete(key);
    return Promise.resolve(undefined);
  }

  #key(id: string): string {
    return `${this.name}:${id}`;
  }

  #findBy(member: "uid" | "userCode", value: string): Promise<AdapterPayload | undefined> {
    const mine = [...MemoryAdapter.#entries].filter(([key]) => key.startsWith(`${this.name}:`));
    const found = mine.find(([, { payload, until }]) => payload[member] === value && until > Date.now());
    return Promise.resolve(found?.[1].payload);
  }
}
