import { looksLikeCredential } from "pulumi-resistant-tenants/internal/vocabulary";

import { Problem } from "../problem";

/**
 * Ensures that a text which others will read, in a page, a notice and the audit log, shows no credential.
 *
 * @param field its name in the request's body
 * @throws {@link Problem} `invalid`, which does not repeat the text
 */
export function insistOnNoCredential(field: "text" | "comment", text = ""): void {
  if (!looksLikeCredential(text)) return;
  throw new Problem("invalid", `${field}: it contains a credential: leave it out.`, {
    errors: [{ path: field, message: "contains a credential: leave it out" }],
  });
}
