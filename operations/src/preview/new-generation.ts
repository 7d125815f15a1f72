import { isDeepStrictEqual } from "node:util";

import {
  nameOfUrn,
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/operator";
import {
  algorithmOf,
  authMethods,
  customerOf,
  hasKey,
  readApplicationName,
  slotOf,
  typeOfUrn,
} from "pulumi-resistant-tenants/internal/vocabulary";
import type { GenerationsReport } from "resistant-tenants-stacks/plan";
import { z } from "zod";

import { generationType, predecessorOf, typesOfGeneration } from "./change";
import { describeDetail, specificationOf, tell, unknownValue } from "./details";
import { changedOptions, dependenciesOf, dependenciesOfInput } from "./options";
import type { ResourceState, Step } from "./step";
import { findStep, stepsOfSlot } from "./step-index";

/**
 * Returns why a created part of a generation is not part of a rotation. A rotation creates the next
 * generation of the same customer's application, with the specification of the previous one, stored in the
 * same secret.
 *
 * @returns undefined if it is
 */
export function problemOfNew(
  step: Step,
  steps: readonly Step[],
  report: GenerationsReport | undefined,
): string | undefined {
  const { name, type, after } = step;
  const find: Find = (wanted, named) => findStep(wanted, named, steps);
  if (readApplicationName(name) === undefined) return "create, under a name that no rotation uses";
  const predecessor = predecessorOf(step, steps);
  const former = predecessor?.after ?? predecessor?.before;
  if (predecessor === undefined || former === undefined || after === undefined) {
    return "create, but there is no earlier generation";
  }
  const application = find(tenantApplicationType, name)?.after;
  if (application === undefined) return "create, but it belongs to no application";
  if (hasSibling(step, steps)) return "create, together with another generation of it";
  const [key, formerKey] = [find(signingKeyType, name), find(signingKeyType, predecessor.name)];
  const [is, was] = [specificationOf(application, key), specificationOf(former, formerKey)];
  const changed = [...new Set([...is.keys(), ...was.keys()])].filter(
    (field) => !isDeepStrictEqual(is.get(field), was.get(field)) && !isApproved(field, is.get(field), report),
  );
  if (changed.length > 0) return `create, with another ${changed.join(", ")} than ${predecessor.name}`;
  const twin = find(type, predecessor.name);
  const compared = twin?.after ?? twin?.before;
  return (
    problemOfPlace(step, find(secretType, slotOf(name))) ??
    problemOfOptions(after, compared, type) ??
    problemOfCode(after, compared) ??
    problemOfType(step, { former, compared, find, authMethod: is.get("authMethod") })
  );
}

type Find = (type: string, name: string) => Step | undefined;

/** A rotation creates one generation of an application at a time. */
function hasSibling({ name }: Step, steps: readonly Step[]): boolean {
  return stepsOfSlot(slotOf(name), steps).some(
    (other) => typesOfGeneration.has(other.type) && other.operation === "create" && other.name !== name,
  );
}

/** A change that waited for this generation is approved if the last `up` was already configured with it. */
function isApproved(field: string, value: unknown, report: GenerationsReport | undefined): boolean {
  if (report === undefined || report.waits) return false;
  const change = report.changes.find((one) => one.field === field);
  return change?.wasDeclared === true && change.after === tell(field, value);
}

/**
 * A part belongs to its own customer, and depends on no other generation or application; only a value is
 * stored after those of the previous generations, in the same secret.
 */
function problemOfPlace({ name, type, after }: Step, secret: Step | undefined): string | undefined {
  if (after === undefined) return undefined;
  const customer = customerOf(name);
  const { parent } = after.options;
  const expected =
    type === generationType ? `resistant:index:Customer ${customer}` : `${generationType} ${name}`;
  if (typeof parent !== "string") return "create, without a parent";
  if (`${typeOfUrn(parent)} ${nameOfUrn(parent)}` !== expected)
    return `create, with the parent ${nameOfUrn(parent)}`;
  const foreign = dependenciesOf(after).filter((urn) => {
    const [otherType, other] = [typeOfUrn(urn), nameOfUrn(urn)];
    const isOwn =
      (typesOfGeneration.has(otherType) && other === name) ||
      (otherType === secretType && other === secret?.name) ||
      (type === secretVersionType && otherType === secretVersionType && slotOf(other) === slotOf(name)) ||
      (otherType === tenantType && other === customer);
    return !isOwn;
  });
  return foreign.length === 0
    ? undefined
    : `create, with a dependency on ${foreign.map(nameOfUrn).join(", ")}`;
}

/**
 * Each option must be that of the previous generation. If that has no such part, only the option that hides
 * secrets is allowed.
 */
function problemOfOptions(
  after: ResourceState,
  compared: ResourceState | undefined,
  type: string,
): string | undefined {
  const isExpected = [
    "parent",
    "ignoreChanges",
    ...(compared === undefined ? ["additionalSecretOutputs", "provider"] : []),
  ];
  const nothing = { ...after, options: type === secretVersionType ? { retainOnDelete: true } : {} };
  const options = changedOptions(compared ?? nothing, after, isExpected);
  // The previous generation may ignore the present configuration; a new one must be created by it.
  if (after.options["ignoreChanges"] !== undefined) return "create, with inputs that are ignored";
  if (after.protect !== (compared?.protect ?? false)) return "create, with different protection";
  return options.length === 0
    ? undefined
    : `create, with other options: ${options.map(describeDetail).join("; ")}`;
}

/** The code that creates and later deletes it must be that of the previous generation. */
function problemOfCode(after: ResourceState, compared: ResourceState | undefined): string | undefined {
  const code = "__provider";
  return compared === undefined || after.inputs[code] === compared.inputs[code]
    ? undefined
    : "create, with different code";
}

interface Made {
  /** The application of the previous generation. */
  former: ResourceState;
  /** The same part of the previous generation, if it has one. */
  compared: ResourceState | undefined;
  find: Find;
  authMethod: unknown;
}

function problemOfType(step: Step, made: Made): string | undefined {
  switch (step.type) {
    case tenantApplicationType:
      return problemOfApplication(step, made);
    case signingKeyType:
      return problemOfKey(step, made);
    case secretVersionType:
      return problemOfVersion(step, made);
    default:
      return undefined;
  }
}

function problemOfApplication({ name, after }: Step, { former, find }: Made): string | undefined {
  if (after === undefined) return undefined;
  const { adopt, keyId, publicKey } = after.inputs;
  if (adopt !== undefined) return "create, by an adoption";
  const isOwnKey = find(signingKeyType, name) !== undefined;
  if (isOwnKey && (publicKey !== unknownValue || keyId !== unknownValue))
    return "create, with another key than its own";
  // The provider records what it creates under this name, and finds it by it.
  const [is, was] = [placeOf(after), placeOf(former)];
  const isInPlace =
    is.stack === was.stack && (is.name === name || (is.name === undefined && was.name === undefined));
  return isInPlace ? undefined : "create, recorded as something else";
}

const placeSchema = z.object({ stack: z.unknown().optional(), name: z.unknown().optional() });

function placeOf({ inputs }: ResourceState): z.output<typeof placeSchema> {
  return placeSchema.safeParse(inputs["slot"]).data ?? {};
}

function problemOfKey({ after }: Step, { former, authMethod }: Made): string | undefined {
  const method = authMethods.find((each) => each === authMethod);
  const expected = { algorithm: method !== undefined && hasKey(method) ? algorithmOf(method) : undefined };
  const inputs = Object.entries(after?.inputs ?? {}).filter(([input]) => input !== "__provider");
  return isDeepStrictEqual(Object.fromEntries(inputs), expected) && after?.provider === former.provider
    ? undefined
    : "create, but not as a rotation creates it";
}

/**
 * The inputs of a version that a rotation sets; the engine hides the second, which only the new application
 * provides.
 */
const inputsOfVersion = ["__defaults", "secretId", "secretString"];

function problemOfVersion({ name, after }: Step, { find }: Made): string | undefined {
  const secret = find(secretType, slotOf(name));
  const arn = secret?.before?.outputs["arn"];
  const isItsOwn = arn !== undefined && after?.inputs["secretId"] === arn;
  if (!isItsOwn || after.provider !== secret?.after?.provider)
    return "create, in a secret other than the application's";
  const others = Object.keys(after.inputs).filter((input) => !inputsOfVersion.includes(input));
  if (others.length > 0) return `create, with ${others.join(", ")}`;
  const sources = dependenciesOfInput(after, "secretString");
  const comesFromIt = sources.some(
    (urn) => typeof urn === "string" && typeOfUrn(urn) === tenantApplicationType && nameOfUrn(urn) === name,
  );
  return comesFromIt && after.inputs["secretString"] === unknownValue
    ? undefined
    : "create, with a value other than the application's credentials";
}
