import { secretArn } from "pulumi-resistant-tenants/internal/settings";
import {
  authMethods,
  type Cell,
  defaultAuthMethod,
  documentsScopes,
  looksLikeCredential,
  type Stage,
  stageTable,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { customerKeyFields, customerKeyProblems } from "./customer-key";
import { objectProblem, oneOf, yamlText } from "./problems";
import { rotationSchema } from "./rotation";
import { secretsSchema } from "./secrets";

/** @see {@link https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html AWS, tag values} */
export const tagValue = yamlText()
  .min(1, { error: "must not be empty", abort: true })
  .refine((text) => /[^\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(text), "must not be empty")
  .refine((text) => !looksLikeCredential(text), "contains a credential, which a tag would show: remove it")
  .refine((text) => !/^aws:/i.test(text), "begins with aws:, which AWS reserves and refuses in a tag")
  .max(256, "must be at most 256 characters, AWS's limit for a tag")
  .regex(
    /^[\p{L}\p{Zs}\p{N}_.:/=+\-@]*$/u,
    "contains a character that AWS refuses in a tag: use letters, digits, spaces and _ . : / = + - @",
  );

/** The id of an object at the vendor; an example's placeholder is refused. */
const idOfVendor = (otherwise: string) =>
  yamlText(otherwise).regex(/^[\w.-]{1,256}$/, `${otherwise}: letters, digits and _ . -`);

function cellOf(stage: Stage): z.ZodType<Cell> {
  const { cells } = stageTable[stage];
  return oneOf(cells as [Cell, ...Cell[]], `is not a cell of stage ${stage}; it has ${cells.join(", ")}`);
}

const cellList = (stage: Stage): z.ZodArray<z.ZodType<Cell>> =>
  z.array(cellOf(stage), { error: "must be a list of cells" }).min(1, "must contain at least one cell");

/** One entry of a customer's `applications`, in a stack of this stage. */
export const applicationSchema = (stage: Stage) =>
  z
    .strictObject(
      {
        cell: cellOf(stage).describe("One of the customer's `cells`."),
        purpose: yamlText()
          .regex(/^[a-z0-9-]{1,32}$/, "must be 1 to 32 lower-case letters, digits and hyphens")
          .default("default")
          .describe("1 to 32 of `a-z`, `0-9`, `-`. Default: `default`."),
        scopes: z
          .array(oneOf(documentsScopes, `is not a scope: it must be one of ${documentsScopes.join(", ")}`), {
            error: "must be a list of scopes",
          })
          .min(1, "must contain at least one scope; omit it for both")
          .default([...documentsScopes])
          .describe("`documents.submissions.read`, `documents.submissions.write`, or both. Default: both."),
        authMethod: oneOf(
          authMethods,
          `is not an authentication method: it must be one of ${authMethods.join(", ")}`,
        )
          .default(defaultAuthMethod)
          .describe(
            "`CLIENT_SECRET`, created by the vendor; `RSA` or `EC`, a key pair created here, unless `publicKey` is given. Default: `CLIENT_SECRET`.",
          ),
        adopt: z
          .strictObject(
            {
              applicationId: idOfVendor("must be the id of an existing application").describe("Its id."),
              secretArn: secretArn.describe("ARN of the secret with its credentials."),
            },
            {
              error: objectProblem(
                "must be {applicationId: <id>, secretArn: <ARN of the secret with its credentials>}",
              ),
            },
          )
          .optional()
          .describe("An existing application. Not with `publicKey`."),
        ...customerKeyFields,
        rotation: rotationSchema
          .optional()
          .describe("Replaces `tenants:rotation` as a whole; `none` opts out."),
      },
      { error: objectProblem("must be an object with `cell`") },
    )
    .superRefine((application, context) => {
      for (const { field: name, problem } of customerKeyProblems(application)) {
        context.addIssue({ code: "custom", path: [name], message: problem });
      }
    });

/** One entry of `tenants:customers`, in a stack of this stage. */
export const customerSchema = (stage: Stage) =>
  z.strictObject(
    {
      name: yamlText("must be given, as text")
        .regex(
          /^[a-z0-9]{1,61}$/,
          "must be 1 to 61 lower-case letters and digits: it becomes the tenant's name",
        )
        .describe("Unique in the organization: 1 to 61 lower-case letters and digits."),
      customerId: yamlText("must be given: your own identifier of the customer")
        .pipe(tagValue)
        .describe("Your own identifier: 1 to 256 letters, digits, spaces and `_.:/=@+-`."),
      owner: tagValue
        .optional()
        .describe("Who is responsible; characters as in `customerId`. Default: `tenants:owner`."),
      status: oneOf(
        ["active", "deprecated", "released"],
        "is not a status: it must be active, deprecated or released",
      )
        .default("active")
        .describe(
          "`active`; `deprecated`: after an `up`, removing the entry deletes the customer; `released`: handed over. Default: `active`.",
        ),
      cells: cellList(stage).describe(
        "At least one; each has one application, unless `applications` lists others for it.",
      ),
      uiCells: cellList(stage)
        .optional()
        .describe(
          "The cells with a Web UI. A change is refused: it would replace the tenant. Default: `cells` at creation.",
        ),
      adopt: idOfVendor("must be the id of an existing tenant")
        .optional()
        .describe("The id of an existing tenant."),
      secrets: secretsSchema.optional().describe("Overrides `tenants:secrets` field by field."),
      applications: z
        .array(applicationSchema(stage), { error: "must be a list" })
        .min(1, "must contain an application; omit it for one per cell")
        .optional()
        .describe("A cell without one here gets the default application."),
    },
    { error: objectProblem("must be a customer: an object with `name`, `customerId` and `cells`") },
  );
