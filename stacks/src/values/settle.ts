import { isDeepStrictEqual } from "node:util";

import * as pulumi from "@pulumi/pulumi";
import { findHeld, resourcesOfLastUpdate } from "pulumi-resistant-tenants/internal/own-stack";
import { isUnknown } from "pulumi-resistant-tenants/internal/unknown";
import { z } from "zod";

/** The result of waiting for a value of the program. */
export type Settled<T> =
  | { kind: "known"; value: T; isSecret: boolean }
  /** It depends on a resource that this update omits (`--target`, `--exclude`), or that a preview does not know yet. */
  | { kind: "unknown" }
  /** It depends on a resource that could not be created or updated. */
  | { kind: "failed" };

/**
 * Waits for a value that may contain outputs, and for everything that they depend on. It never rejects.
 *
 * @param pending the value for the engine
 */
export async function settle<T extends object>(
  pending: pulumi.Input<{ [Key in keyof T]: pulumi.Input<unknown> }>,
): Promise<Settled<T>> {
  // A record is never undefined, so an undefined one has failed.
  const value = pulumi.recover<unknown>(pulumi.output(pending), () => undefined);
  // The only public way to recognize an unknown value outside a preview: it becomes the engine's marker.
  const plain = (await pulumi.runtime.serializeProperties("settle", { value })) as { value?: T };
  if (plain.value === undefined) return { kind: "failed" };
  const wrapped = secretSchema.safeParse(plain.value);
  const known = wrapped.success ? (wrapped.data.value as T) : plain.value;
  return isUnknown(known) ? { kind: "unknown" } : { kind: "known", value: known, isSecret: wrapped.success };
}

/** The SDK's representation of a secret for the engine: its `runtime/rpc`. */
const secretSchema = z.object({
  "4dabf18193072939515e22adb298388d": z.literal("1b47061264138c4ac30d75fd1eb44270"),
  value: z.unknown(),
});

/**
 * Leaves a value of a preview unknown unless it stays as the last update left it. A saved plan with another
 * known value would prevent the update from keeping the last one if a resource fails.
 *
 * @param last the value of the last update; undefined for none
 */
export function knownIfKept<T>(pending: pulumi.Input<T>, last: Promise<unknown>): pulumi.Output<T> {
  return pulumi
    .output(pending)
    .apply(async (value) =>
      isDeepStrictEqual(value, await last) ? value : (pulumi.unknown as unknown as typeof value),
    ) as unknown as pulumi.Output<T>;
}

/**
 * Waits for the outputs of a component, so that they can always be registered: otherwise the engine would
 * store its marker for an unknown value, and the program would end if a resource has failed. Such an output
 * keeps the value that the last update stored, or is left out; so does one that is undefined. In a preview an
 * output that will change is unknown: see {@link knownIfKept}.
 *
 * @param type the component's type
 * @param name its name in the stack
 */
export function settledOutputs(
  type: string,
  name: string,
  outputs: Record<string, pulumi.Input<unknown>>,
): pulumi.Inputs {
  const last = async (output: string): Promise<unknown> => {
    const value = findHeld(await resourcesOfLastUpdate(), type, name)?.outputs[output];
    return isUnknown(value) ? undefined : value;
  };
  if (pulumi.runtime.isDryRun()) {
    return Object.fromEntries(
      Object.entries(outputs).map(([output, pending]) => [output, knownIfKept(pending, last(output))]),
    );
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([output, pending]) => [
      output,
      settle<{ value: unknown }>({ value: pending }).then((settled) => {
        if (settled.kind !== "known" || settled.value.value === undefined) return last(output);
        const { value } = settled.value;
        return settled.isSecret ? pulumi.secret(value) : value;
      }),
    ]),
  );
}
