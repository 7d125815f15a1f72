import { Secret } from "@pulumi/aws/secretsmanager/secret";
import * as pulumi from "@pulumi/pulumi";
import { type Stage, Tenant, type TenantApplication, type ToldOfRun } from "pulumi-resistant-tenants";
import { slotName, stageTable } from "pulumi-resistant-tenants/internal/vocabulary";

import { type ApplicationConfiguration, type CustomerConfiguration } from "../configuration/configuration";
import { settle, settledOutputs } from "../outputs/settle";
import type { RecordOfRun, RecordOutputs } from "../plan/plan-of-run";
import type { AskedApplications } from "../record/asked-applications";
import type { AnnouncedChange } from "../record/program-record";
import type { SlotPlan } from "../rotation/plan";
import { toProtection } from "../secret/protection";
import { secretName, secretTags } from "../secret/stored-secret";
import { type DeclaredCustomer, declaredOutput, toDeclared } from "./declared-customer";
import { declareGenerations } from "./generations";
import { Safeguard } from "./safeguard";

/** The arguments of a {@link Customer}. */
export interface CustomerArgs extends CustomerConfiguration {
  stage: Stage;
  /** The first part of its secrets' names. */
  secretPrefix: string;
  /** What becomes of the generations of its applications, by slot: see `planSlots`. */
  plans: ReadonlyMap<string, SlotPlan>;
  /** By which generations age. */
  clock: () => Date;
  /** The slots of which nothing can be declared in this update. */
  blockedSlots?: ReadonlySet<string>;
  /** What is recorded of this `up`, for the next one to be compared with: see `reportPlan`. */
  record: RecordOfRun | undefined;
  /** Notices which applications the engine asks for; absent in a preview, which asks for all. */
  asked?: AskedApplications;
  /** What this update changes of it, as it is announced. */
  change?: AnnouncedChange;
}

/** One application of a customer, with the secret that holds its credentials. */
export interface CustomerApplication extends Pick<
  ApplicationConfiguration,
  "cell" | "purpose" | "authMethod"
> {
  /** Of the current generation. */
  application: TenantApplication;
  secret: Secret;
  /** When the current generation was stored; absent in the first. */
  rotatedAt?: pulumi.Output<string>;
}

/** The type of a {@link Customer}, as it stands in the state. */
export const customerType = "resistant:index:Customer";

/**
 * A downstream customer: its tenant, one OAuth2 client per cell and purpose, and a secret in AWS Secrets Manager for
 * each. An active customer in production is safeguarded: nothing of it is deleted, by any command of the engine's.
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
   * What the next update compares with: it is what is declared here once all of it is done. A preview does not know it of
   * what is still to be created: a plan that holds a known value fails where the update ends with another.
   */
  private declared(): pulumi.Output<DeclaredCustomer> {
    const declared = toDeclared(this.args, this.args.secretPrefix);
    return pulumi
      .all(this.applications.map(({ application }) => application.applicationId))
      .apply(() => this.onceDone(declared, this.args.change?.before));
  }

  /**
   * Gives what is so once the change that is announced is done; the engine may do nothing of it (`refresh` and `destroy`
   * with `--run-program`, `--target`).
   *
   * @param otherwise what is so if it is not done; undefined for what the last update stored
   */
  private onceDone<T>(value: pulumi.Input<T>, otherwise: T | undefined): pulumi.Output<T> {
    const { change } = this.args;
    if (change === undefined) return pulumi.output(value) as pulumi.Output<T>;
    return pulumi
      .all([value, ...this.applications.map(({ application }) => application.applicationId)])
      .apply(async ([done]) => ((await change.isDone()) ? done : otherwise)) as pulumi.Output<T>;
  }

  /** Gives what is recorded once an `up` was asked for all of it, and what was on record until then. */
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
    if (plan === undefined) throw new Error(`There is no plan of ${name}.`);
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
