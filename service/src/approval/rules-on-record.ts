import { sql } from "kysely";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import { digestOf } from "../signing/signature";

/**
 * Records the approval rules if they differ from the last recorded ones: a changed file is an event. Each
 * process calls it at its start.
 *
 * @returns the stages whose rule was changed
 */
export async function recordRules(
  context: Pick<ServiceContext, "database" | "settings" | "now">,
): Promise<string[]> {
  return await write(context, async (writing) => {
    await sql`select pg_advisory_xact_lock(hashtext('rules'))`.execute(writing);
    const changed: string[] = [];
    for (const [stage, { approvals: rule }] of Object.entries(context.settings.stages)) {
      if (await recordRule(context, writing, stage, rule)) changed.push(stage);
    }
    return changed;
  });
}

async function recordRule(
  context: Pick<ServiceContext, "now">,
  writing: Writing,
  stage: string,
  rule: object,
): Promise<boolean> {
  const hash = digestOf(rule);
  const last = await writing
    .selectFrom("approval_rules")
    .select(["hash", "rule"])
    .where("stage", "=", stage)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (last?.hash === hash) return false;
  const since = context.now();
  await writing
    .insertInto("approval_rules")
    .values({ stage, hash, rule: JSON.stringify(rule), since })
    .execute();
  const before = last === undefined ? {} : { before: { hash: last.hash, rule: last.rule } };
  await append(context, writing, { kind: "ruleChanged", stage, data: { ...before, after: { hash, rule } } });
  return true;
}
