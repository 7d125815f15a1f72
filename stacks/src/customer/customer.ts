import { Secret } from "@pulumi/aws/secretsmanager/secret";
import * as pulumi from "@pulumi/pulumi";
import { type Stage, Tenant, type TenantApplication, type ToldOfRun } from "pulumi-resistant-tenants";
import { customerType } from "pulumi-resistant-tenants/internal/resource-types";
import { canonical, slotName, stageTable } from "pulumi-resistant-tenants/internal/vocabulary";

import { type ApplicationConfiguration, type CustomerConfiguration } from "../configuration/configuration";
import type { RecordOfRun, RecordOutputs } from "../plan/plan-of-run";
import type { AskedApplications } from "../record/asked-applications";
import { declaredOutput, toDeclared } from "../record/declared-customer";
import type { AnnouncedChange } from "../record/program-record";
import type { SlotPlan } from "../rotation/plan";
import { toProtection } from "../secret/protection";
import { secretName, secretTags } from "../secret/stored-secret";
import { settle, settledOutputs } from "../values/settle";
import { declareGenerations } from "./generations";
import { Safeguard } from "./safeguard";

/** The arguments of a {@link Customer}. */
export interface CustomerArgs extends CustomerConfiguration {
  stage: Stage;
  /** The first part of its secrets' names. */
  secretPrefix: string;
  /** The plans of its applications' generations, by slot: see `planSlots`. */
  plans: ReadonlyMap<string, SlotPlan>;
  /** The clock by which generations age. */
  clock: () => Date;
  /** The slots that cannot be declared in this update. */
  blockedSlots?: ReadonlySet<string>;
  /** What this `up` records, for the next one to compare with: see `reportPlan`. */
  record: RecordOfRun | undefined;
  /** Detects which applications the engine requests; absent in a preview, which requests all. */
  asked?: AskedApplications;
  /** The announced change of the customer. */
  change?: AnnouncedChange;
}

/** One application of a customer, with the secret for its credentials. */
export interface CustomerApplication extends Pick<
  ApplicationConfiguration,
  "cell" | "purpose" | "authMethod"
> {
  /** The current generation's application. */
  application: TenantApplication;
  secret: Secret;
  /** When the current generation was stored; absent for the first one. */
  rotatedAt?: pulumi.Output<string>;
}

/**
 * A downstream customer: its tenant, one OAuth2 client per cell and purpose, and a secret in AWS Secrets
 * Manager for each. An active customer in production is safeguarded: no command of the engine deletes
 * anything of it.
 */
export class Customer extends pulumi.ComponentResource {
  readonly tenant: Tenant;
  readonly applications: readonly CustomerApplication[];

  constructor(
    private readonly args: CustomerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(customerType, args.name, {}, opts);
    const { name, cells, uiCells, adopt } = args;
    this.tenant = new Tenant(
      name,
      {
        name,
        ...(uiCells === undefined ? { initialCells: cells } : { cells: uiCells }),
        ...(adopt === undefined ? {} : { adopt }),
      },
      { parent: this, protect: this.isSafeguarded },
    );
    const applications = args.applications.filter(
      (application) => args.blockedSlots?.has(slotName(name, application)) !== true,
    );
    const change =
      args.change === undefined || applications.length === 0
        ? undefined
        : { intent: args.change.intent, applications: applications.length };
    const told = change === undefined ? {} : { change };
    this.applications = applications.map((application) => this.makeApplication(application, told));
    this.registerOutputs(
      settledOutputs(customerType, name, {
        tenantId: this.tenant.tenantId,
        [declaredOutput]: this.declared(),
        ...(args.record === undefined ? {} : this.onceAsked(args.record)),
      }),
    );
  }

  private get isSafeguarded(): boolean {
    return stageTable[this.args.stage].isProtected && this.args.status === "active";
  }

  /**
   * Returns what the next update compares with: the declaration, once all of it is done. In a preview it is
   * unknown while something must still be created: a plan with a known value fails if the update ends with
   * another.
   */
  private declared(): pulumi.Output<string> {
    const declared = canonical(toDeclared(this.args, this.args.secretPrefix));
    const before = this.args.change?.before;
    return pulumi
      .all(this.applications.map(({ application }) => application.applicationId))
      .apply(() => this.onceDone(declared, before === undefined ? undefined : canonical(before)));
  }

  /**
   * Returns a value that holds once the announced change is done; the engine may skip it (`refresh` and `destroy` with
   * `--run-program`, `--target`).
   *
   * @param otherwise the value if it is not done; undefined for what the last update stored
   */
  private onceDone<T>(value: pulumi.Input<T>, otherwise: T | undefined): pulumi.Output<T> {
    const { change } = this.args;
    if (change === undefined) return pulumi.output(value) as pulumi.Output<T>;
    return pulumi
      .all([value, ...this.applications.map(({ application }) => application.applicationId)])
      .apply(async ([done]) => ((await change.isDone()) ? done : otherwise)) as pulumi.Output<T>;
  }

  /** Returns what is recorded once an `up` has requested the whole customer, or what was on record before. */
  private onceAsked({ done, otherwise }: RecordOfRun): RecordOutputs {
    const { asked, name } = this.args;
    if (asked === undefined) return done;
    const ids = this.applications.map(({ application }) => application.applicationId);
    const names = this.applications.map((application) => slotName(name, application));
    const wereAsked = Promise.all(ids.map((applicationId) => settle({ applicationId }))).then(() =>
      asked.wereAsked(names),
    );
    const either = (output: keyof RecordOutputs): pulumi.Output<unknown> =>
      pulumi.output(wereAsked).apply((isDone) => (isDone ? done[output] : otherwise?.[output]));
    return { applied: either("applied"), configured: either("configured") };
  }

  private makeApplication(configuration: ApplicationConfiguration, told: ToldOfRun): CustomerApplication {
    const { cell, purpose, adopt } = configuration;
    const { stage, clock, plans, asked } = this.args;
    const name = slotName(this.args.name, configuration);
    const plan = plans.get(name);
    if (plan === undefined) throw new Error(`${name} has no plan.`);
    const secret = this.makeSecret(name, configuration);
    const slot = {
      name,
      stage,
      cell,
      tenant: this.tenant,
      secret,
      parent: this,
      clock,
      adopt,
      told: asked === undefined ? told : { ...told, asked: asked.fileOf(name) },
    };
    const { application, specification, rotatedAt, resources } = declareGenerations(slot, plan);
    if (stageTable[stage].isProtected) {
      const held = [this.tenant, secret, ...resources];
      new Safeguard(name, held, { parent: this, protect: this.isSafeguarded });
    }
    const { authMethod } = specification;
    return {
      cell,
      purpose,
      authMethod,
      application,
      secret,
      ...(rotatedAt === undefined ? {} : { rotatedAt }),
    };
  }

  private makeSecret(name: string, application: ApplicationConfiguration): Secret {
    const { cell } = application;
    const { stage, name: customer, secrets } = this.args;
    return new Secret(
      name,
      {
        name: secretName(this.args, application),
        description: `OAuth2 client of customer ${customer} for the Documents API, cell ${cell} (${stage})`,
        ...toProtection(secrets, cell),
        tags: secretTags(this.args, cell, this.tenant.tenantId),
      },
      { parent: this, protect: this.isSafeguarded },
    );
  }
}
