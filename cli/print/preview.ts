import { describeDetail } from "resistant-tenants-operations/preview/details";
import { changesToList, handedOver, settingLines } from "resistant-tenants-operations/preview/sentences";
import { isEmpty, type Summary } from "resistant-tenants-operations/preview/summary";

import { json, line, table } from "./output";

/** Prints a summary as JSON. */
export function summaryAsJson(summary: Summary): void {
  json(summary);
}

/** Prints a summary for people at a terminal. */
export function summaryAsText(summary: Summary): void {
  const { changes, replacedTenants, customers, waiting, digest, consequences } = summary;
  if (isEmpty(summary)) line("Nothing would change.");
  for (const { isGrave, text } of consequences) line(isGrave ? `warning: ${text}` : text);
  for (const text of settingLines(summary)) line(text);
  for (const customer of replacedTenants) {
    line(`The tenant of ${customer} would be deleted with everything in it, and created again.`);
  }
  for (const customer of customers.handedOver) line(handedOver(customer, changes));
  for (const customer of customers.forgotten) line(`customer ${customer}: released; nothing is deleted`);
  const listed = changesToList(summary);
  if (listed.length > 0) {
    table(
      ["", "what", "name"],
      listed.map(({ kind, subject, name, type }) => [kind, subject === "other" ? type : subject, name]),
    );
  }
  for (const { name, subject, kind, details } of listed) {
    const isNew = kind === "added" || kind === "adopted";
    for (const detail of details) {
      const told = isNew ? `${detail.what}: ${detail.after ?? "none"}` : describeDetail(detail);
      line(`${subject} ${name}: ${told}`);
    }
  }
  for (const { name, ...detail } of summary.declared) line(`${name}: ${describeDetail(detail)}`);
  for (const text of waiting) line(text);
  if (!isEmpty(summary)) line(`Digest ${digest}`);
}
