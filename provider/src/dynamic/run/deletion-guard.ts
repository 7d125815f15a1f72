import { rowOfStage, type Stage } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import type { RecordedType } from "../../journal/index";
import { customerOf, readApplicationName } from "../../names/resource-name";
import { slotSchema } from "../../names/slot";
import type { Properties } from "../engine/inputs";
import type { RecordedObject, RunRecord } from "./recorder";
import type { Session } from "./session";
import type { StackIdentity } from "./stack-identity";

/** The types of resources that are deleted at the vendor. */
type DeletedType = Extract<RecordedType, "Tenant" | "TenantApplication">;

/** The facts that a guard uses. */
interface Grounds {
  session: Session;
  stack: StackIdentity;
  record: RunRecord;
}

/**
 * Decides what may be deleted: never what this run's program keeps, and in production only what was declared
 * as deprecated. The engine's protection can be removed, in the state or by an edited file; the record
 * cannot. A `destroy` calls no `check`; an `up` does, even before its deletes.
 */
export class DeletionGuard {
  readonly #session: Session;
  readonly #stack: StackIdentity;
  readonly #record: RunRecord;
  /** Resources that this run's program declares, by type. */
  readonly #declaredSlots = { Tenant: new Set<string>(), TenantApplication: new Set<string>() };
  /** The slots of the applications that this run's program declares, of any generation. */
  readonly #declaredPlaces = new Set<string>();
  /** Objects that this run's program declares or adopts: the run never deletes one of them. */
  readonly #keptObjects = { Tenant: new Set<string>(), TenantApplication: new Set<string>() };
  /** Objects that this run's program replaces and may replace. */
  readonly #replacedObjects = new Set<string>();
  /** Resources whose application was created in this run. */
  readonly #madeSlots = new Set<string>();

  constructor({ session, stack, record }: Grounds) {
    this.#session = session;
    this.#stack = stack;
    this.#record = record;
  }

  /** Notes an object that this run's program declares or adopts. */
  noteKept(type: DeletedType, objectId: string): void {
    this.#keptObjects[type].add(objectId);
  }

  /** Returns whether this run's program declares or adopts an object. */
  isKept(type: DeletedType, objectId: string): boolean {
    return this.#keptObjects[type].has(objectId);
  }

  /** Notes a resource whose application was created in this run. */
  noteMade(slotName: string | undefined): void {
    if (slotName !== undefined) this.#madeSlots.add(slotName);
  }

  /** Notes a resource that this run's program declares. */
  noteDeclared(type: DeletedType, inputs: Properties): void {
    const slot = slotSchema.safeParse(inputs["slot"]).data;
    if (slot === undefined) return;
    this.#declaredSlots[type].add(slot.name);
    const place = type === "TenantApplication" ? slotIn(slot.name) : undefined;
    if (place !== undefined) this.#declaredPlaces.add(place);
  }

  /**
   * Notes a tenant or an application that this run's program replaces. A `destroy --target` also calls
   * `diff`, with invented inputs, but it has declared nothing before.
   */
  noteReplaced(type: DeletedType, objectId: string, inputs: Properties): void {
    const slot = slotSchema.safeParse(inputs["slot"]).data;
    if (slot !== undefined && this.#declaredSlots[type].has(slot.name)) this.#replacedObjects.add(objectId);
  }

  /**
   * Refuses to delete a tenant or an application in production, unless
   *
   * - its customer is on record as deprecated by a completed `up`,
   * - another application was created in its place,
   * - the program declares another generation of it, and not this one any more,
   * - the program replaces it, or (`allowReplace`) its tenant, or
   * - the program has no customers, but declares applications by other names: it protects what it needs
   *   itself.
   *
   * @param what names it: `Tenant "acme" (t-1)`
   * @param madeIn the stage in which it was created, from the state
   * @throws TenantManagementError `INPUT_INVALID` with what to do
   */
  async assertMayBeDeleted(object: RecordedObject, what: string, madeIn: unknown): Promise<void> {
    const { stage } = this.#session.settings;
    const protectedStage = [stage, madeIn].find(
      (name): name is Stage => rowOfStage(name)?.isProtected === true,
    );
    if (protectedStage === undefined) return;
    if (this.#isReplaced(object)) return;
    const { slot, tenantId = "", applicationId } = object;
    const stack = this.#stack.presentStackOf(slot);
    const memory = await this.#record.rememberAll(stack);
    const customer = memory.customerOf(stack, tenantId) ?? customerOf(slot.name);
    if (memory.statusOf({ stack, customer }) === "deprecated") return;
    if (applicationId !== undefined && memory.hasSuccessor({ stack, slot: slot.name }, applicationId)) return;
    throw refused(what, `customer "${customer}" is active in stage ${protectedStage}`);
  }

  /** Returns whether another object takes an object's place in this run, or its program protects objects itself. */
  #isReplaced({ slot, tenantId = "", applicationId }: RecordedObject): boolean {
    const ids = [tenantId, ...(applicationId === undefined ? [] : [applicationId])];
    return (
      ids.some((id) => this.#replacedObjects.has(id)) ||
      this.#isProgramOfOnesOwn() ||
      this.#isRetired(slot.name) ||
      (applicationId !== undefined && this.#madeSlots.has(slot.name))
    );
  }

  /** Returns whether this run's program declares other generations of an application, and not this one. */
  #isRetired(slotName: string): boolean {
    const place = slotIn(slotName);
    const isDeclared = this.#declaredSlots.TenantApplication.has(slotName);
    return place !== undefined && !isDeclared && this.#declaredPlaces.has(place);
  }

  /** Returns whether this run's program is not this project's, in which all applications are named by slot. */
  #isProgramOfOnesOwn(): boolean {
    return this.#declaredSlots.TenantApplication.size > 0 && this.#declaredPlaces.size === 0;
  }
}

function slotIn(name: string): string | undefined {
  return readApplicationName(name)?.slot;
}

function refused(what: string, why: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `${what} was not deleted, and nothing was sent: ${why}, and the journal contains no completed deprecation of it. ` +
      "To delete it: set `status: deprecated` on it (in your own program, on its Tenant), run `pulumi up`, then run the same command again. " +
      "If that is already set, its tenant was created again after the deprecation: set `status: active`, run `pulumi up`, and deprecate it again. " +
      "To keep it: run `pulumi up`, which protects it again.",
  );
}
