import { parseJson } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

const roles = z.union([z.string().transform((role) => [role]), z.array(z.string())]);

/** The policy that this project writes: it denies reading to all but the listed roles. */
const policySchema = z.object({
  Version: z.string(),
  Statement: z.tuple([
    z.strictObject({
      Sid: z.literal("ReadByNamedRoles"),
      Effect: z.literal("Allow"),
      Principal: z.strictObject({ AWS: z.literal("*") }),
      Action: z.literal("secretsmanager:GetSecretValue"),
      Resource: z.literal("*"),
      Condition: z.strictObject({ ArnEquals: z.strictObject({ "aws:PrincipalArn": roles }) }),
    }),
    z.strictObject({
      Sid: z.literal("ReadByNobodyElse"),
      Effect: z.literal("Deny"),
      Principal: z.strictObject({ AWS: z.literal("*") }),
      Action: z.literal("secretsmanager:GetSecretValue"),
      Resource: z.literal("*"),
      Condition: z.strictObject({ ArnNotEquals: z.strictObject({ "aws:PrincipalArn": roles }) }),
    }),
  ]),
});

/**
 * Returns who may read a secret according to its resource policy: the roles that it lists, or the policy
 * itself if this project did not write it.
 *
 * @returns undefined if no policy restricts reading
 */
export function readersOf(policy: unknown): string | undefined {
  if (policy === undefined || policy === "" || policy === "{}") return undefined;
  const text = typeof policy === "string" ? policy : JSON.stringify(policy);
  const statements = policySchema.safeParse(parseJson(text)).data?.Statement;
  if (statements === undefined) return text;
  const allowed = statements[0].Condition.ArnEquals["aws:PrincipalArn"];
  const spared = statements[1].Condition.ArnNotEquals["aws:PrincipalArn"];
  return JSON.stringify(allowed) === JSON.stringify(spared) ? [...allowed].sort().join(", ") : text;
}
