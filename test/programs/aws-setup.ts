import { createRequire } from "node:module";

import * as pulumi from "@pulumi/pulumi";

/** A resource that a program registered. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

function bucketOf({ bucket }: Record<string, unknown>): string | undefined {
  return typeof bucket === "string" ? bucket : undefined;
}

/**
 * Runs examples/aws-setup with the engine's mocks, in a process of its own, since mocks hold for a whole process, and prints
 * what it registered and its outputs as JSON. Its argument is the ARN of the organization's key, if that is in Secrets
 * Manager.
 */
async function main(): Promise<void> {
  const resources: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const known = inputs as Record<string, unknown>;
        resources.push({ type, name, inputs: known });
        const arn = `arn:aws:${type.split(":")[1]?.split("/")[0] ?? ""}:::${bucketOf(known) ?? name}`;
        return {
          id: name,
          state: { ...known, arn, keyId: `${name}-id`, targetKeyArn: `arn:aws:kms:::key/${name}` },
        };
      },
      call: ({ token }) =>
        token.endsWith("getCallerIdentity") ? { accountId: "123456789012" } : { region: "eu-west-1" },
    },
    "aws-setup",
    "prod",
  );
  const [organizationSecretArn] = process.argv.slice(2);
  const own = {
    repository: "partner/tenants",
    prefix: "partner",
    stacks: '["dev","prod"]',
    ...(organizationSecretArn === undefined ? {} : { organizationSecretArn }),
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(own).map(([key, value]) => [`aws-setup:${key}`, value])),
  );
  // Only now, when the mocks are set.
  const program = createRequire(__filename)("../../examples/aws-setup/index") as Record<string, unknown>;
  const outputs = await new Promise((resolve) => {
    pulumi.output(program).apply(resolve);
  });
  await pulumi.runtime.disconnect();
  process.stdout.write(JSON.stringify({ resources, outputs }));
}

void main();
