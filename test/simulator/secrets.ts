import { randomUUID } from "node:crypto";

import type { Properties } from "../../provider/src/dynamic/engine/inputs";
import type { Aws } from "../../provider/src/settings/reach";
import type { CommandLife } from "./command-life";
import type { ResourceProvider } from "./engine-model";

interface Version {
  versionId: string;
  value: string;
}

/** A secret in AWS. */
export interface SimulatedSecret {
  name: string;
  /** The last one that was put is the current one. */
  versions: Version[];
  isDeleted: boolean;
}

/** Gives the ARN of a secret. */
export function arnOf(name: string): string {
  return `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`;
}

/** A model of AWS Secrets Manager, and of the AWS provider's two resources that the stacks use. */
export class SimulatedSecrets {
  readonly #secrets = new Map<string, SimulatedSecret>();

  /** Gives the secrets that are not deleted. */
  living(): SimulatedSecret[] {
    return [...this.#secrets.values()].filter(({ isDeleted }) => !isDeleted);
  }

  /** Gives the current value of a secret; undefined where it has none. */
  valueOf(name: string): string | undefined {
    return this.#secrets.get(name)?.versions.at(-1)?.value;
  }

  /** Deletes what an interrupted `up` has made and stored nothing in, as the program does before it begins. */
  free(name: string): void {
    const secret = this.#secrets.get(name);
    if (secret !== undefined && secret.versions.length === 0) this.#secrets.delete(name);
  }

  /** Stores a value under a name, as somebody else would. */
  put(name: string, value: string): void {
    this.#secrets.set(name, { name, versions: [{ versionId: randomUUID(), value }], isDeleted: false });
  }

  /**
   * Makes another value the current one, as somebody else would.
   *
   * @returns takes that back
   */
  overwrite(name: string, value: string): () => void {
    const versions = this.#secrets.get(name)?.versions ?? [];
    versions.push({ versionId: randomUUID(), value });
    return () => versions.pop();
  }

  /** Takes a secret away with all its versions, as somebody else would. */
  drop(name: string): void {
    this.#secrets.delete(name);
  }

  /** Gives what the provider of our resources reads secrets by. */
  asAws(): Aws {
    const send = ({ input }: { input: { SecretId: string } }): Promise<object> => {
      const value = this.valueOf(input.SecretId.replace(arnOf(""), ""));
      const missing = Object.assign(new Error("there is no such secret"), {
        name: "ResourceNotFoundException",
      });
      return value === undefined ? Promise.reject(missing) : Promise.resolve({ SecretString: value });
    };
    return { open: () => ({ send, destroy: () => undefined }) } as unknown as Aws;
  }

  secretProvider(life: CommandLife): ResourceProvider {
    const propertiesOf = (inputs: Properties): Properties => ({
      ...inputs,
      arn: arnOf(String(inputs["name"])),
    });
    return {
      check: (_olds, inputs) => ({ inputs, failures: [] }),
      diff: (_id, olds, news) => ({
        changes: !isSame(olds, news, ["name", "description", "tags", "recoveryWindowInDays"]),
        replaces: olds["name"] === news["name"] ? [] : ["name"],
      }),
      create: (inputs) => {
        const name = String(inputs["name"]);
        if (this.#secrets.has(name)) throw new Error(`ResourceExistsException: ${name}`);
        this.#secrets.set(name, { name, versions: [], isDeleted: false });
        life.pass({ at: "checkpoint", moment: "before" });
        return { id: name, outs: propertiesOf(inputs) };
      },
      update: (_id, _olds, news) => ({ outs: propertiesOf(news) }),
      delete: (id) => {
        const secret = this.#secrets.get(id);
        if (secret !== undefined) secret.isDeleted = true;
      },
      read: (id, props) =>
        this.#secrets.get(id)?.isDeleted === false ? { id, props } : { id: "", props: {} },
    };
  }

  versionProvider(life: CommandLife): ResourceProvider {
    return {
      check: (_olds, inputs) => ({ inputs, failures: [] }),
      diff: (_id, olds, news) => {
        const replaces = ["secretId", "secretString"].filter((name) => olds[name] !== news[name]);
        return { changes: replaces.length > 0, replaces };
      },
      create: (inputs) => {
        const secretId = String(inputs["secretId"]);
        const secret = this.#secrets.get(secretId);
        if (secret === undefined || secret.isDeleted)
          throw new Error(`ResourceNotFoundException: ${secretId}`);
        const versionId = randomUUID();
        secret.versions.push({ versionId, value: String(inputs["secretString"]) });
        life.pass({ at: "checkpoint", moment: "before" });
        return { id: `${secretId}|${versionId}`, outs: { ...inputs, versionId } };
      },
      read: (id, props) => {
        const [secretId = "", versionId] = id.split("|");
        const secret = this.#secrets.get(secretId);
        const isThere =
          secret?.isDeleted === false && secret.versions.some((version) => version.versionId === versionId);
        return isThere ? { id, props } : { id: "", props: {} };
      },
    };
  }
}

function isSame(one: Properties, other: Properties, names: readonly string[]): boolean {
  return names.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}
