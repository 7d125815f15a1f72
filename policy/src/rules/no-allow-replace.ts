import { tenantType } from "pulumi-resistant-tenants/internal/operator";
import { z } from "zod";

import type { Rule } from "../resource";

const propsSchema = z.object({ allowReplace: z.boolean().optional() });

/** No tenant may be replaced: that deletes what its customer has in it. */
export const noAllowReplace: Rule = ({ type, name, props }) =>
  type === tenantType && propsSchema.parse(props).allowReplace === true
    ? [
        `Tenant "${name}" has allowReplace: a change of its name or its cells would delete all that the customer has ` +
          "in it. Take it out; make a second tenant, and let the customer move, instead.",
      ]
    : [];
