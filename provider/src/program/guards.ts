import * as pulumi from "@pulumi/pulumi";

import { stageTable } from "../client/cells";
import { messageOf } from "../client/text";
import { groupBy } from "../group-by";
import { tenantApplicationType, tenantType } from "../names/resource-types";
import { oncePer } from "../once-per";
import { ownProcess } from "../settings/own-process";
import { revealingProblem } from "../settings/revealing-switches";
import { assertSameEnvironment } from "../settings/same-environment";
import {
  allowedHostsIn,
  describeAllowedHosts,
  describeProblems,
  type ProviderSettings,
  readSettings,
} from "../settings/settings";
import { type HeldResource, nameOfUrn, oncePerProgram, resourcesOfLastUpdate } from "./own-stack";

/**
 * Checks before any resource is registered. The provider makes the same checks, but for one resource at a time: without
 * these, a new resource could be created before a problem with an old one is found.
 */

/**
 * Ensures that a production stack does not run with a switch that writes credentials. The provider also refuses them,
 * but only at its first call, when the engine may already have returned the stack's contents.
 *
 * @throws `pulumi.RunError` with what to unset
 */
export function assertNothingReveals(): void {
  const problem = revealingProblem(new pulumi.Config("tenants").get("stage"), ownProcess());
  if (problem !== undefined) throw refusal(problem);
}

/**
 * Ensures that everything in this stack was created in the configured stage and at the configured API, and that {@link
 * assertNothingReveals} passes.
 *
 * @throws `pulumi.RunError`, in a preview and in an `up` alike, before anything is created
 */
export async function assertStackEnvironment(): Promise<void> {
  assertNothingReveals();
  return checkOnce();
}

const checkOnce = oncePerProgram(checkStack);

/** The configuration is checked before the state: it may name hosts that must not be called. */
async function checkStack(): Promise<void> {
  const settings = configuredSettings();
  checkEnvironment(await resourcesOfLastUpdate(), settings);
  const { stage, allowedHosts } = settings;
  const environment = stageTable[stage].allowsAnyAwsEndpoint ? {} : ownProcess().environment;
  const allowed = describeAllowedHosts(allowedHosts, environment);
  if (allowed !== undefined) await pulumi.log.info(allowed);
}

function checkEnvironment(resources: readonly HeldResource[], settings: ProviderSettings): void {
  for (const { urn, type, outputs } of resources) {
    if (type !== tenantType && type !== tenantApplicationType) continue;
    try {
      assertSameEnvironment(
        `${type === tenantType ? "Tenant" : "Application"} "${nameOfUrn(urn)}"`,
        outputs,
        settings,
      );
    } catch (error) {
      throw refusal(messageOf(error));
    }
  }
}

function configuredSettings(): ProviderSettings {
  const config = new pulumi.Config("tenants");
  const aws = new pulumi.Config("aws");
  const read = readSettings((key) => config.get(key), {
    allowedHosts: allowedHostsIn(ownProcess().environment),
    aws: (key) => aws.get(key),
  });
  if ("settings" in read) return read.settings;
  throw refusal(describeProblems(read.problems));
}

/**
 * Passes a resource's inputs to the engine only after {@link assertStackEnvironment}, and only if no other resource of
 * this stack has the object that it adopts.
 *
 * @param adopted the id of the object that it adopts, undefined for none
 * @returns an output that resolves when both checks pass
 */
export function guardAdoption(
  type: string,
  name: string,
  adopted: pulumi.Input<string | undefined>,
  opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Output<void> {
  const isRenamed = pulumi
    .output(opts?.aliases)
    .apply((aliases) => aliases !== undefined && aliases.length > 0);
  return pulumi.all([adopted, isRenamed]).apply(async ([id, renamed]) => {
    await assertStackEnvironment();
    if (id !== undefined && !renamed) await assertNotHeldElsewhere(type, name, id);
  });
}

/**
 * Refuses to adopt an object that this stack already has under another resource's name: the engine would create the new
 * resource and then delete the old one, together with the tenant or application.
 *
 * @throws `pulumi.RunError` that names `aliases`
 */
async function assertNotHeldElsewhere(type: string, name: string, id: string): Promise<void> {
  const what = type === tenantType ? "Tenant" : "Application";
  const holders = holdersOf(await resourcesOfLastUpdate()).get(`${type} ${id}`);
  const holder = holders?.find(({ urn }) => nameOfUrn(urn) !== name);
  if (holder === undefined) return;
  const heldAs = nameOfUrn(holder.urn);
  throw refusal(
    `${what} ${id} cannot be adopted as "${name}": this stack already holds it as "${heldAs}" (${holder.urn}). ` +
      `Remove \`adopt\`; if the resource was renamed, add to the new one the option aliases: [{ name: "${heldAs}" }].`,
  );
}

/** The tenants and applications of the stack, by type and object. */
const holdersOf = oncePer((resources: readonly HeldResource[]) =>
  groupBy(resources, ({ type, outputs }) => {
    const id = outputs[type === tenantType ? "tenantId" : "applicationId"];
    return typeof id === "string" ? `${type} ${id}` : undefined;
  }),
);

/**
 * Creates an error that ends the program and prints only its message.
 *
 * It has no stack trace: the engine's Node runtime would format it through every source map it can find, which takes
 * more than ten seconds.
 */
export function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  delete error.stack;
  return error;
}
