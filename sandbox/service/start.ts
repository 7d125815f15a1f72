import { parseArgs } from "node:util";

import { z } from "zod";

import { useLocalEnvironment } from "../environment";
import { consoleLog } from "../progress";
import { exitAfter, type Lifetime, live } from "../start/lifetime";
import {
  buildService,
  type LocalService,
  type LocalServiceOptions,
  startLocalService,
} from "./local-service";

const usage = `npm run service [-- options]

Runs the provisioning service on this machine until Ctrl-C, with everything it needs: the sandbox's Tenant Management API
and Secrets Manager, an identity provider with people, an embedded PostgreSQL, the web process and the worker.

  --json          prints one line of JSON when it is ready: where everything is, and the log-ins
  --people FILE   adds people: a YAML or JSON list of {username, password?, roles?, groups?, employeeNumber?, name?, email?}
                  Accounts with the same employeeNumber are one person
  --data DIR      stores everything in DIR, and continues from it; default: each start begins empty
  --port PORT     the port of the API and the page; default: a free one
  --help          prints this

DATABASE_URL              your own PostgreSQL server, 15 or later, by a role that may create databases and roles
DATABASE_OWNER_URL        with it, both name one existing database, by its owner and by a role that owns nothing. It must
                          be empty, and is emptied at the end, unless --data ties it to that folder
RESISTANT_TENANTS_CACHE   the folder for the Pulumi CLI and moto; default ~/.cache/resistant-tenants
`;

const portSchema = z.coerce.number().int().min(1).max(65_535).optional();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      people: { type: "string" },
      data: { type: "string" },
      port: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const port = portSchema.safeParse(values.port);
  if (!port.success) throw new TypeError("--port: must be a port");
  const options: LocalServiceOptions = {
    ...(values.people === undefined ? {} : { people: values.people }),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(port.data === undefined ? {} : { port: port.data }),
  };
  useLocalEnvironment();
  // Standard output contains only the line of JSON.
  const log = consoleLog(values.json ? process.stderr : process.stdout);
  return await live({
    name: "npm run service",
    log,
    work: (lifetime) => run(options, values.json, lifetime),
  });
}

async function run(options: LocalServiceOptions, isJson: boolean, lifetime: Lifetime): Promise<void> {
  await buildService(lifetime);
  const service = await startLocalService(options, lifetime);
  if (isJson) process.stdout.write(`${JSON.stringify(descriptionOf(service))}\n`);
  else lifetime.log(directionsOf(service));
  await Promise.race([service.web.ended, service.worker.ended]);
}

/** The output of `--json`: see the product's description. */
export function descriptionOf(service: LocalService): Record<string, unknown> {
  const { url, metricsUrl, identity, accounts, mailFolder, secretsManagerUrl, tenantManagementUrls } =
    service;
  return {
    url,
    issuer: identity.issuer,
    people: accounts.map(({ username, password, roles, groups, employeeNumber }) => ({
      username,
      password,
      roles,
      groups,
      ...(employeeNumber === undefined ? {} : { employeeNumber }),
    })),
    machine: identity.machine,
    peopleTokenUrl: identity.peopleTokenUrl,
    secretsManagerUrl,
    tenantManagementUrl: tenantManagementUrls.testing,
    tenantManagementUrls,
    metricsUrl,
    mailFolder,
  };
}

function directionsOf(service: LocalService): string {
  const { url, metricsUrl, identity, accounts, secretsManagerUrl, tenantManagementUrls, folder } = service;
  const { machine, issuer, peopleTokenUrl } = identity;
  const people = accounts.map(
    ({ username, password, roles }) =>
      `  ${username.padEnd(12)} ${password.padEnd(12)} ${roles.join(", ") || "(no role)"}`,
  );
  return `
The service runs. Ctrl-C ends it${folder.isKept ? `; ${folder.directory} stores everything` : ", and deletes all its data"}.

  ${url}            the page, and the API below /api/v1 (described at ${url}/api/v1/openapi.json)
  ${metricsUrl}    metrics
  ${issuer}            the identity provider

Log-ins (username, password, roles). sam and sam.admin are one person.

${people.join("\n")}

Machine   ${machine.clientId} ${machine.clientSecret}, resource ${machine.resource}
Tokens    curl -d username=rita -d password=rita ${peopleTokenUrl}
          -d auth_age=1000 makes the log-in older.

Secrets Manager         ${secretsManagerUrl}
Tenant Management API   ${tenantManagementUrls.testing} (testing), ${tenantManagementUrls.production} (production)
Mails                   ${service.mailFolder}, a file each
Logs                    ${service.web.logFile}, ${service.worker.logFile}
`;
}

exitAfter("npm run service", main);
