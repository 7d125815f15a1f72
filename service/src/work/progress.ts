import { append } from "../audit/chain";
import { write } from "../records/database";
import type { RequestRow } from "../records/schema";
import type { Work } from "./work";

/**
 * Records the worker's progress for people who follow a request.
 *
 * @param message - In words; `page/progress-words.ts` has the words of the engine's steps. No credential.
 */
export async function recordProgress(
  { context }: Pick<Work, "context">,
  { id, stage, customer }: Pick<RequestRow, "id" | "stage" | "customer">,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await write(context, async (writing) => {
    await append(context, writing, {
      kind: "progress",
      requestId: id,
      stage,
      customer: customer ?? undefined,
      data: { message, ...data },
    });
  });
}
