import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { screenOf, styled } from "../../cli/print/screen";
import { useLocalEnvironment } from "../environment";
import { SandboxError } from "../errors";
import { consoleLog, elapsed } from "../progress";
import { exitAfter, type Lifetime, live } from "../start/lifetime";
import { proveSecret } from "../start/proof";
import { openBrowser } from "./browser";
import { playStory } from "./browser-story";
import { ApiClient } from "./client";
import { buildService, type LocalService, startLocalService } from "./local-service";

const customerSchema = z.looseObject({
  tenantId: z.string(),
  status: z.string(),
  applications: z
    .array(
      z.looseObject({
        cell: z.string(),
        purpose: z.string(),
        applicationId: z.string(),
        clientId: z.string(),
        authMethod: z.enum(["CLIENT_SECRET", "RSA", "EC"]),
        secretArn: z.string(),
      }),
    )
    .min(1),
});

const usage = `npm run service:demo [-- options]

Starts the service and everything it needs, and takes one request from start to token, step by step.

  --browser        does it in a real browser: before your eyes where there is a display, else with pictures
  --pictures DIR   where the browser's pictures are kept; default with --browser: a new folder, which it names
  --help           prints this

CHROMIUM_PATH    the browser to use; default: the system's Chromium
`;

interface DemoOptions {
  readonly browser: boolean;
  readonly pictures: string | undefined;
}

async function run({ browser, pictures }: DemoOptions, lifetime: Lifetime): Promise<void> {
  const { log } = lifetime;
  const startedAt = performance.now();
  const title = (text: string): void => {
    log(styled(screenOf(process.stdout, process.env), "bold", text));
  };
  title("1. Start the service, and everything it needs");
  await buildService(lifetime);
  const service = await startLocalService({}, lifetime);
  const driven = browser
    ? driveBrowser(service, { title, lifetime, pictures: pictures ?? (await newFolder()) })
    : drive(service, title, log);
  await Promise.race([driven, service.web.ended, service.worker.ended]);
  log(`Done in ${elapsed(performance.now() - startedAt)}. Stopping what was started.`);
}

async function drive(
  service: LocalService,
  title: (text: string) => void,
  log: Lifetime["log"],
): Promise<void> {
  const person = (username: string): Promise<ApiClient> => logIn(service, username);
  const [rita, anna, otto] = await Promise.all([person("rita"), person("anna"), person("otto")]);

  title("2. rita, a requester, requests a tenant in production");
  const asked = await rita.submit({
    kind: "createCustomer",
    stage: "production",
    reason: "Signed contract CRM-1042",
    customer: { name: "acme", customerId: "CRM-1042", cells: ["eu-1", "us-1"] },
  });
  log(`Request ${asked.id}: ${asked.state}.`);

  title("3. The plan, in plain words");
  const planned = await rita.until(asked.id, "waitingForApproval");
  const { digest, lines } = planned.plan ?? { digest: "", lines: [] };
  for (const line of lines) log(`- ${line}`);
  log(`Digest ${digest}.`);

  title("4. rita cannot approve it, a second person can");
  const approval = { decision: "approve", digest };
  await rita.expect(403, "POST", `/requests/${asked.id}/approvals`, approval);
  log("rita: refused (403).");
  await anna.expect(201, "POST", `/requests/${asked.id}/approvals`, {
    ...approval,
    comment: "As in the CRM.",
  });
  log("anna: approved (201).");

  title("5. The worker provisions it");
  await rita.until(asked.id, "done");
  const record = await otto.expect(200, "GET", "/customers/production/acme");
  const customer = customerSchema.parse(record);
  log(`Tenant ${customer.tenantId}, ${customer.status}.`);

  title("6. Each secret, fetched by its ARN, gets a token");
  await proveSecrets(service, customer, log);

  title("7. The audit chain");
  const { holds, events } = z
    .looseObject({ holds: z.boolean(), events: z.number() })
    .parse(await otto.expect(200, "GET", "/audit/verification"));
  if (!holds) throw new SandboxError("PROOF_FAILED", "the chain of events is broken");
  log(`It holds: ${events} events.`);
}

async function newFolder(): Promise<string> {
  return await mkdtemp(path.join(tmpdir(), "resistant-tenants-pictures-"));
}

/** Takes the same steps in a real browser, with a separate window for each person. */
async function driveBrowser(
  service: LocalService,
  told: { title: (text: string) => void; lifetime: Lifetime; pictures: string },
): Promise<void> {
  const { title, lifetime, pictures } = told;
  const { log, closers } = lifetime;
  const hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].some((name) => process.env[name]);
  const browser = await openBrowser(hasDisplay);
  closers.add("the browser", () => browser.close());
  log(hasDisplay ? "Watch the browser." : "There is no display: see the pictures.");
  let step = 1;
  const story = {
    browser,
    url: service.url,
    passwordOf: (name: string) => service.accounts.find(({ username }) => username === name)?.password ?? "",
    say: (sentence: string) => {
      title(`${++step}. ${sentence}`);
    },
    pictures,
  };
  const { history } = await playStory(story, "acme");
  for (const line of history) log(`- ${line}`);
  title(`${++step}. Each secret, fetched by its ARN, gets a token`);
  const otto = await logIn(service, "otto");
  await proveSecrets(
    service,
    customerSchema.parse(await otto.expect(200, "GET", "/customers/production/acme")),
    log,
  );
  log(`Pictures: ${pictures}`);
}

async function logIn({ url, identity, accounts }: LocalService, username: string): Promise<ApiClient> {
  const account = accounts.find((one) => one.username === username);
  return await ApiClient.of(url, identity.peopleTokenUrl, username, account?.password ?? "");
}

async function proveSecrets(
  { secretsManagerUrl }: LocalService,
  { tenantId, applications }: z.output<typeof customerSchema>,
  log: Lifetime["log"],
): Promise<void> {
  const client = new SecretsManagerClient({
    endpoint: secretsManagerUrl,
    region: "eu-west-1",
    ...(process.env["AWS_ENDPOINT_URL"]
      ? {}
      : { credentials: { accessKeyId: "demo", secretAccessKey: "demo" } }),
  });
  try {
    for (const application of applications) {
      const secretName = `${application.cell}/${application.purpose}`;
      const proved = { ...application, customer: "acme", tenantId, webUiUrl: undefined, secretName };
      const { method, scopes, expiresIn = 0 } = await proveSecret(client, proved);
      log(`${application.secretArn}: a token by ${method} for ${scopes.join(" ")}, good for ${expiresIn} s.`);
    }
  } finally {
    client.destroy();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      browser: { type: "boolean", default: false },
      pictures: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { pictures } = values;
  const options = { browser: values.browser || pictures !== undefined, pictures };
  useLocalEnvironment();
  return await live({
    name: "npm run service:demo",
    log: consoleLog(),
    work: (lifetime) => run(options, lifetime),
  });
}

exitAfter("npm run service:demo", main);
