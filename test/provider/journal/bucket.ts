import { strict as assert } from "node:assert";
import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** As much of S3 as a journal needs, in one bucket of any name: objects by their key, and what a test has to say. */
export class Bucket {
  readonly objects = new Map<string, string>();
  /** The keys that were asked for, one by one. */
  readonly gets: string[] = [];
  /** The prefixes that were listed. */
  readonly lists: string[] = [];
  readonly puts: string[] = [];
  /** What S3 lists as the ETag of an object; default: its MD5, as of one that no key of KMS encrypts. */
  etagOf: (body: string, key: string) => string = (body) => hash("md5", body);
  /** Tells whether a PUT is denied. */
  isDenied: (key: string) => boolean = () => false;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://localhost");
    const [, , ...parts] = decodeURIComponent(url.pathname).split("/");
    const key = parts.join("/");
    response.setHeader("content-type", "application/xml");
    if (request.method === "PUT") await this.#put(key, request, response);
    else if (url.searchParams.get("list-type") === "2") response.end(this.#list(url.searchParams));
    else {
      this.gets.push(key);
      response.end(this.objects.get(key));
    }
  }

  async #put(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    this.puts.push(key);
    assert.equal(request.headers["if-none-match"], "*");
    if (this.isDenied(key)) fail(response, 403, "AccessDenied");
    else if (this.objects.has(key)) fail(response, 412, "PreconditionFailed");
    else {
      this.objects.set(key, body);
      response.setHeader("etag", `"${this.etagOf(body, key)}"`);
      response.end();
    }
  }

  #list(asked: URLSearchParams): string {
    const prefix = asked.get("prefix") ?? "";
    const after = asked.get("continuation-token") ?? asked.get("start-after") ?? "";
    const most = Number(asked.get("max-keys") ?? 1000);
    this.lists.push(prefix);
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const page = keys.slice(0, most);
    const contents = page.map((key) => {
      const body = this.objects.get(key) ?? "";
      const etag = this.etagOf(body, key);
      return `<Contents><Key>${key}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${Buffer.byteLength(body)}</Size></Contents>`;
    });
    const rest =
      keys.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    return `<ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${rest !== ""}</IsTruncated>${rest}${contents.join("")}</ListBucketResult>`;
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
