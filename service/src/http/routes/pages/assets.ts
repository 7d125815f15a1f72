import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import type { App } from "../../web-context";

const own = path.resolve(__dirname, "../../../../assets");

/** The assets of the pages, by name. */
const files = {
  "pico.css": { file: require.resolve("@picocss/pico/css/pico.min.css"), type: "text/css" },
  "page.css": { file: path.join(own, "page.css"), type: "text/css" },
  "live.js": { file: path.join(own, "live.js"), type: "text/javascript" },
} as const;

/** Serves the style sheets and the script. They contain no data and need no log-in. */
export function assetRoutes(app: App): void {
  for (const [name, { file, type }] of Object.entries(files)) {
    const content = readFileSync(file);
    const etag = `"${createHash("sha256").update(content).digest("base64url")}"`;
    app.get(`/assets/${name}`, { schema: { hide: true } }, (request, reply) => {
      void reply.header("etag", etag).header("cache-control", "no-cache");
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
      return reply
        .type(`${type}; charset=utf-8`)
        .serializer((body: Buffer) => body as unknown as string)
        .send(content);
    });
  }
}
