import * as pulumi from "@pulumi/pulumi";

import { stageTable } from "../client/cells";
import { messageOf } from "../client/errors";
import { tenantApplicationType, tenantType } from "../names/resource-types";
import { assertSameEnvironment } from "../settings/environment";
import { ownProcess } from "../settings/own-process";
import { revealingProblem } from "../settings/revealing-switches";
import {
  allowedHostsIn,
  describeAllowedHosts,
  describeProblems,
  type ProviderSettings,
  readSettings,
} from "../settings/settings";
import { type HeldResource, nameOfUrn, oncePerProgram, resourcesOfLastUpdate } from "./own-stack";

/**
 * What must hold before the engine is told of any resource. The provider checks the same of each resource by itself,
 * but it sees them one by one: without this, a new resource could be made before an old one is found out of place.
 */

/**
 * Makes sure that a production stack does not run with a switch that writes credentials down. The provider refuses the
 * same, but only when it is first called: by then the engine may have answered with what the stack holds.
 *
 * @throws `pulumi.RunError` with what to unset
 */
export function assertNothingReveals(): void {
  const problem = revealingProblem(new pulumi.Config("tenants").get("stage"), ownProcess());
  if (problem !== undefined) throw refusal(problem);
}

/**
 * Makes sure that all this stack holds was made in the stage, and at the API, that it is configured for now, and that
 * {@link assertNothingReveals} passes.
 *
 * @throws `pulumi.RunError`, in a preview and in an `up` alike, before anything is created
 */
export async function assertStackEnvironment(): Promise<void> {
  assertNothingReveals();
  return checkOnce();
}

const checkOnce = oncePerProgram(checkStack);

/** What is configured is judged before the state is: it may name what must not even be asked. */
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
 * Lets a resource's inputs reach the engine only once {@link assertStackEnvironment} has passed, and what it adopts is
 * not held by another resource of this stack already.
 *
 * @param adopted the id of the object that it adopts, undefined for none
 * @returns an output that is there when both hold
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
 * Refuses to adopt what this stack already holds under another resource's name: the engine would make the new resource
 * and then delete the old one, and with it the tenant or the application.
 *
 * @throws `pulumi.RunError` that names `aliases`
 */
async function assertNotHeldElsewhere(type: string, name: string, id: string): Promise<void> {
  const [what, idOutput] = type === tenantType ? ["Tenant", "tenantId"] : ["Application", "applicationId"];
  const holder = (await resourcesOfLastUpdate()).find(
    (resource) =>
      resource.type === type && resource.outputs[idOutput] === id && nameOfUrn(resource.urn) !== name,
  );
  if (holder === undefined) return;
  const heldAs = nameOfUrn(holder.urn);
  throw refusal(
    `${what} ${id} cannot be adopted as "${name}": this stack already holds it as "${heldAs}" (${holder.urn}). ` +
      `Remove \`adopt\`; if the resource was renamed, give the new one the option aliases: [{ name: "${heldAs}" }].`,
  );
}

/**
 * Makes an error that ends the program with its message alone.
 *
 * It has no stack: the engine's Node runtime formats the stack of whatever ends a program, through every source map it
 * can find, and takes more than ten seconds for it.
 */
export function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  delete error.stack;
  return error;
}
