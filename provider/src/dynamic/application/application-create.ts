import { z } from "zod";

import type { Authentication, TenantManagementApi } from "../../client/api";
import { sameMembers } from "../../client/as-asked";
import { authMethods } from "../../client/auth-methods";
import { type ApiApplication, type ApiCredentials } from "../../client/schemas";
import type { SlotInput } from "../../names/slot";
import { CreateOnRecord } from "../run/create-on-record";
import type { Run } from "../run/run";
import { type Inputs, scopesOf, unknownSlot } from "./tenant-application-model";

/** A created application with its credentials, or a recovered one without. */
export type ObtainedApplication = ApiApplication & { credentials?: ApiCredentials };

/** The recorded parameters of a create. */
const parametersSchema = z.object({
  cell: z.string(),
  scopes: z.array(z.string()).readonly(),
  authMethod: z.enum(authMethods),
  keyId: z.string().optional(),
});
export type ApplicationParameters = z.output<typeof parametersSchema>;

/** The create of one application: its inputs, its slot, and its record. */
export class ApplicationCreate extends CreateOnRecord {
  readonly api: TenantManagementApi;
  readonly wanted: Inputs;
  readonly authentication: Authentication;
  readonly slot: SlotInput;
  /** The parameters to record. */
  readonly parameters: ApplicationParameters;

  constructor(run: Run, api: TenantManagementApi, wanted: Inputs, authentication: Authentication) {
    super(run);
    this.api = api;
    this.wanted = wanted;
    this.authentication = authentication;
    this.slot = wanted.slot ?? unknownSlot(wanted.adopt?.applicationId ?? wanted.tenantId);
    this.parameters = {
      cell: wanted.cell,
      scopes: scopesOf(wanted.scopes),
      authMethod: authentication.type,
      ...("keyId" in authentication ? { keyId: authentication.keyId } : {}),
    };
  }

  /** Parses the parameters of an earlier create; if they are not on record, those wanted now. */
  parametersOnRecord(parameters: Readonly<Record<string, unknown>>): ApplicationParameters {
    return parametersSchema.safeParse(parameters).data ?? this.parameters;
  }

  /** Returns whether an earlier create had the parameters wanted now. */
  isAsWanted({ cell, scopes, authMethod, keyId }: ApplicationParameters): boolean {
    const now = this.parameters;
    return (
      cell === now.cell &&
      sameMembers(scopes, now.scopes) &&
      authMethod === now.authMethod &&
      keyId === now.keyId
    );
  }

  /** Runs creates of the same kind one after another: two at once could not be told apart afterwards. */
  oneOfKindAtATime<T>({ cell, scopes }: ApplicationParameters, work: () => Promise<T>): Promise<T> {
    const kind = JSON.stringify([this.wanted.tenantId, cell, scopes.toSorted()]);
    return this.run.oneAtATime(kind, work);
  }
}
