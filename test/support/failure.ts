import assert from "node:assert/strict";

import { TenantManagementError } from "../../provider/src/client/errors";

/** Returns the error with which a call must end. */
export async function failureOf(call: Promise<unknown>): Promise<TenantManagementError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof TenantManagementError) return error;
    throw new assert.AssertionError({
      message: `should have thrown a TenantManagementError, threw ${String(error)}`,
      actual: error,
    });
  }
  throw new assert.AssertionError({ message: "should have failed, and succeeded" });
}

/** Returns the message of the error with which a call must end. */
export async function refusalOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof Error, "what is thrown must be an Error");
    return error.message;
  }
  throw new assert.AssertionError({ message: "should have been refused, and was not" });
}
