import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A package that a registry serves. */
export interface PublishedPackage {
  manifest: { name: string; version: string };
  /** The file of the tarball. */
  tarball: string;
}

/** A private npm registry on loopback. */
export interface Registry {
  url: string;
  close(): Promise<void>;
}

/** Starts a registry that serves one version of one package. */
export async function startRegistry({ manifest, tarball }: PublishedPackage): Promise<Registry> {
  const { name, version } = manifest;
  const content = await readFile(tarball);
  const server = createServer((request, response) => {
    if (request.url === "/tarball.tgz") {
      response.end(content);
    } else if (decodeURIComponent(request.url ?? "") === `/${name}`) {
      const published = { ...manifest, dist: { tarball: `${url}/tarball.tgz` } };
      const packument = { name, "dist-tags": { latest: version }, versions: { [version]: published } };
      response.setHeader("content-type", "application/json").end(JSON.stringify(packument));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
