import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

import { z } from "zod";

/** A stack in the stand-in. */
interface CloudStack {
  deployment: unknown;
  version: number;
  /** The id of the update that was started last. */
  activeUpdate: string;
  tags: Record<string, string>;
}

const created = z.object({ stackName: z.string(), tags: z.record(z.string(), z.string()).optional() });
const checkpoint = z.object({ version: z.number(), deployment: z.unknown() });
const verbatim = z.object({ untypedDeployment: z.unknown() });
const renamed = z.object({ newName: z.string(), newProject: z.string() });
const plain = z.object({ plaintext: z.string() });
const sealed = z.object({ ciphertext: z.string() });
const manySealed = z.object({ ciphertexts: z.array(z.string()) });

/**
 * A stand-in for the parts of Pulumi Cloud that the engine uses: stacks of organizations, their updates and
 * states, and a secrets provider. It has what a file backend lacks: organizations.
 *
 * @see the routes in pulumi/pulumi, `pkg/backend/httpstate/client/api_endpoints.go`
 */
export class PulumiCloud {
  readonly #stacks = new Map<string, CloudStack>();
  /** The present names of stacks, by former ones: a state's secrets provider still uses the former name. */
  readonly #presentNames = new Map<string, string>();
  readonly #key = randomBytes(32);
  readonly #server: Server;

  private constructor(private readonly organizations: readonly string[]) {
    this.#server = createServer((request, response) => {
      void readBody(request).then((body) => {
        const [status, answer] = this.#answer(request.method ?? "", request.url ?? "", body);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
  }

  /** @param organizations the user's organizations; the first is the default */
  static async start(organizations: readonly string[]): Promise<PulumiCloud> {
    const cloud = new PulumiCloud(organizations);
    await new Promise<void>((resolve) => cloud.#server.listen(0, "127.0.0.1", resolve));
    return cloud;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The names of its stacks: `organization/project/stack`. */
  get stacks(): string[] {
    return [...this.#stacks.keys()];
  }

  /** Transfers a stack to another organization, as its administrator does on the web page. */
  transfer(name: string, organization: string): void {
    this.#move(name, [organization, ...name.split("/").slice(1)].join("/"));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #move(from: string, to: string): void {
    const stack = this.#stacks.get(from);
    if (stack === undefined) throw new Error(`There is no stack ${from}.`);
    this.#stacks.delete(from);
    this.#stacks.set(to, stack);
    this.#presentNames.set(from, to);
  }

  #answer(method: string, url: string, body: unknown): [number, unknown] {
    const path = url.replace(/\?.*/, "").replace(/^\/api\//, "");
    const [login = ""] = this.organizations;
    if (path === "capabilities") return [200, { capabilities: [] }];
    if (path === "user") {
      const organizations = this.organizations.map((name) => ({ githubLogin: name, name }));
      return [200, { githubLogin: login, name: login, organizations }];
    }
    if (path === "user/organizations/default") return [200, { GitHubLogin: login }];
    if (path === "user/stacks") return [200, { stacks: this.stacks.map(toSummary) }];
    const [, organization, project, stackName, ...rest] = path.split("/");
    if (!path.startsWith("stacks/") || project === undefined) return notFound;
    if (stackName === undefined) {
      if (method === "HEAD") {
        const isThere = this.stacks.some((name) => name.startsWith(`${organization}/${project}/`));
        return isThere ? [200, {}] : notFound;
      }
      const { stackName: name, tags = {} } = created.parse(body);
      this.#stacks.set(`${organization}/${project}/${name}`, {
        deployment: undefined,
        version: 0,
        activeUpdate: "",
        tags,
      });
      return [200, {}];
    }
    const asked = `${organization}/${project}/${stackName}`;
    const name = this.#stacks.has(asked) ? asked : (this.#presentNames.get(asked) ?? asked);
    const stack = this.#stacks.get(name);
    return stack === undefined ? notFound : this.#answerForStack(name, stack, method, rest, body);
  }

  #answerForStack(
    name: string,
    stack: CloudStack,
    method: string,
    [what, id, part]: readonly string[],
    body: unknown,
  ): [number, unknown] {
    switch (what) {
      case undefined: {
        if (method === "DELETE") this.#stacks.delete(name);
        return [200, { ...toSummary(name), ...stack, deployment: undefined }];
      }
      case "encrypt":
        return [200, { ciphertext: this.#seal(plain.parse(body).plaintext) }];
      case "decrypt":
        if (id !== undefined) return [200, {}];
        return [200, { plaintext: this.#open(sealed.parse(body).ciphertext) }];
      case "batch-decrypt": {
        const { ciphertexts } = manySealed.parse(body);
        return [200, { plaintexts: Object.fromEntries(ciphertexts.map((text) => [text, this.#open(text)])) }];
      }
      case "rename": {
        const { newName, newProject } = renamed.parse(body);
        this.#move(name, [name.split("/")[0], newProject, newName].join("/"));
        return [200, {}];
      }
      case "export":
        return [200, stack.deployment ?? { version: 3, deployment: {} }];
      case "import":
        stack.deployment = body;
        return [200, { updateId: randomUUID() }];
      case "updates":
        return notFound;
      case "tags":
        return [200, {}];
      default:
        return this.#answerForUpdate(stack, method, { id, part }, body);
    }
  }

  #answerForUpdate(
    stack: CloudStack,
    method: string,
    { id, part }: { id: string | undefined; part: string | undefined },
    body: unknown,
  ): [number, unknown] {
    if (id === undefined) return [200, { updateID: randomUUID() }];
    if (part === "checkpointverbatim") stack.deployment = verbatim.parse(body).untypedDeployment;
    else if (part === "checkpoint") stack.deployment = checkpoint.parse(body);
    else if (part === "complete") stack.version += 1;
    if (part !== undefined) return [200, { token: "lease", tokenExpiration: inAnHour() }];
    if (method === "POST") stack.activeUpdate = id;
    return method === "GET"
      ? [200, { status: "succeeded", events: [] }]
      : [200, { version: stack.version + 1, token: "lease", tokenExpiration: inAnHour() }];
  }

  #seal(plaintext: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const text = Buffer.concat([cipher.update(plaintext, "base64"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64");
  }

  #open(ciphertext: string): string {
    const bytes = Buffer.from(ciphertext, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("base64");
  }
}

const notFound: [number, unknown] = [404, { code: 404, message: "Not Found" }];

function toSummary(name: string): Record<string, string> {
  const [orgName = "", projectName = "", stackName = ""] = name.split("/");
  return { id: name, orgName, projectName, stackName };
}

function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

/** The engine compresses large bodies. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
  return text.length === 0 ? undefined : (JSON.parse(text.toString("utf8")) as unknown);
}
