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
} from "pulumi-resistant-tenants/internal/vocabulary";
import type { GenerationsReport } from "resistant-tenants-stacks/plan";
import { z } from "zod";

import { generationType, predecessorOf, typesOfGeneration } from "./change";
import { describeDetail, specificationOf, tell, unknownValue } from "./details";
import { changedOptions, dependenciesOf, dependenciesOfInput } from "./options";
import { type ResourceState, type Step, typeOfUrn } from "./step";

/**
 * Says why a part of a generation that is made is not what a rotation makes: the next generation, of the same customer's
 * application, as the one before was made, kept in the same secret.
 *
 * @returns undefined where it is
 */
export function problemOfNew(
  step: Step,
  steps: readonly Step[],
  report: GenerationsReport | undefined,
): string | undefined {
  const { name, type, after } = step;
  const find = finderIn(steps);
  if (readApplicationName(name) === undefined) return "create, under a name that no rotation gives";
  const predecessor = predecessorOf(step, steps);
  const former = predecessor?.after ?? predecessor?.before;
  if (predecessor === undefined || former === undefined || after === undefined) {
    return "create, and there is no generation before it";
  }
  const application = find(tenantApplicationType, name)?.after;
  if (application === undefined) return "create, and there is no application that it belongs to";
  if (hasSibling(step, steps)) return "create, and another generation of it with it";
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

function finderIn(steps: readonly Step[]): Find {
  return (type, name) => steps.find((other) => other.type === type && other.name === name);
}

/** A rotation makes one generation of an application at a time. */
function hasSibling({ name }: Step, steps: readonly Step[]): boolean {
  return steps.some(
    (other) =>
      typesOfGeneration.has(other.type) &&
      other.operation === "create" &&
      slotOf(other.name) === slotOf(name) &&
      other.name !== name,
  );
}

/** A change that waited for this generation is approved where the last `up` was configured so already. */
function isApproved(field: string, value: unknown, report: GenerationsReport | undefined): boolean {
  if (report === undefined || report.waits) return false;
  const change = report.changes.find((one) => one.field === field);
  return change?.wasDeclared === true && change.after === tell(field, value);
}

/**
 * It belongs to its own customer, and depends on nothing of another generation's, or of another application's; but a value
 * is stored after those of the generations before, in the same secret.
 */
function problemOfPlace({ name, type, after }: Step, secret: Step | undefined): string | undefined {
  if (after === undefined) return undefined;
  const customer = customerOf(name);
  const { parent } = after.options;
  const expected =
    type === generationType ? `resistant:index:Customer ${customer}` : `${generationType} ${name}`;
  if (typeof parent !== "string") return "create, as a part of nothing";
  if (`${typeOfUrn(parent)} ${nameOfUrn(parent)}` !== expected)
    return `create, as a part of ${nameOfUrn(parent)}`;
  const foreign = dependenciesOf(after).filter((urn) => {
    const [otherType, other] = [typeOfUrn(urn), nameOfUrn(urn)];
    const isOwn =
      (typesOfGeneration.has(otherType) && other === name) ||
      (otherType === secretType && other === secret?.name) ||
      (type === secretVersionType && otherType === secretVersionType && slotOf(other) === slotOf(name)) ||
      (otherType === tenantType && other === customer);
    return !isOwn;
  });
  return foreign.length === 0 ? undefined : `create, and it depends on ${foreign.map(nameOfUrn).join(", ")}`;
}

/** Each option is that of the generation before; where that has no such part, none is expected but what hides secrets. */
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
  // The generation before may ignore what the configuration says now; a new one is made by it.
  if (after.options["ignoreChanges"] !== undefined) return "create, with inputs that are ignored";
  if (after.protect !== (compared?.protect ?? false)) return "create, with another protection";
  return options.length === 0
    ? undefined
    : `create, with other options: ${options.map(describeDetail).join("; ")}`;
}

/** The code that makes it, and later deletes it, is that of the generation before. */
function problemOfCode(after: ResourceState, compared: ResourceState | undefined): string | undefined {
  const code = "__provider";
  return compared === undefined || after.inputs[code] === compared.inputs[code]
    ? undefined
    : "create, by other code";
}

interface Made {
  /** The application of the generation before. */
  former: ResourceState;
  /** The same part of the generation before, if it has one. */
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
  // Its provider records what it makes by this, and finds it again.
  const [is, was] = [placeOf(after), placeOf(former)];
  const isInPlace =
    is.stack === was.stack && (is.name === name || (is.name === undefined && was.name === undefined));
  return isInPlace ? undefined : "create, on record as something else";
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
    : "create, otherwise than a rotation makes it";
}

/** The inputs of a version that a rotation sets; the engine hides the second, which the new application alone gives. */
const inputsOfVersion = ["__defaults", "secretId", "secretString"];

function problemOfVersion({ name, after }: Step, { find }: Made): string | undefined {
  const secret = find(secretType, slotOf(name));
  const arn = secret?.before?.outputs["arn"];
  const isItsOwn = arn !== undefined && after?.inputs["secretId"] === arn;
  if (!isItsOwn || after.provider !== secret?.after?.provider)
    return "create, in another secret than that of the application";
  const others = Object.keys(after.inputs).filter((input) => !inputsOfVersion.includes(input));
  if (others.length > 0) return `create, with ${others.join(", ")}`;
  const sources = dependenciesOfInput(after, "secretString");
  const comesFromIt = sources.some(
    (urn) => typeof urn === "string" && typeOfUrn(urn) === tenantApplicationType && nameOfUrn(urn) === name,
  );
  return comesFromIt && after.inputs["secretString"] === unknownValue
    ? undefined
    : "create, with another value than the application's credentials";
}
