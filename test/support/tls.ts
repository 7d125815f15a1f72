import { readFile } from "node:fs/promises";
import { type AddressInfo, connect, type Socket } from "node:net";
import path from "node:path";
import { createServer } from "node:tls";

import { runToSuccess } from "../../sandbox/process";

/** A certificate that no machine trusts by default. */
export interface OwnCertificate {
  /** The file with which a program trusts it (`NODE_EXTRA_CA_CERTS`). */
  file: string;
  cert: string;
  key: string;
}

/** Creates a certificate for hosts, in a folder. */
export async function makeCertificate(folder: string, hosts: readonly string[]): Promise<OwnCertificate> {
  const [file, keyFile] = [path.join(folder, "ca.pem"), path.join(folder, "ca-key.pem")];
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`;
  const form = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const rest = ["-subj", "/CN=a test", "-addext", names, "-keyout", keyFile, "-out", file];
  await runToSuccess("openssl", ["req", ...form, ...rest]);
  return { file, cert: await readFile(file, "utf8"), key: await readFile(keyFile, "utf8") };
}

/** A server that terminates TLS, and forwards to another one on loopback. */
export interface TlsFront {
  port: number;
  close: () => Promise<void>;
}

/** Starts a TLS server in front of a server without TLS. */
export async function startTlsFront({ cert, key }: OwnCertificate, target: URL): Promise<TlsFront> {
  const open = new Set<Socket>();
  const server = createServer({ cert, key }, (client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) open.add(socket);
    client.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
    upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}
