/** Exports for operators' tools. Importing it loads neither the engine's SDK nor a resource. */
export { describeField, describeSetting, describeWaiting, fieldLabel } from "./describe";
export { type Duration, durationSchema } from "../configuration/rotation";
export { packed } from "../values/packed";
export { describeConsequences, type ToldConsequence } from "./describe-consequences";
export {
  type FieldChange,
  type GenerationsReport,
  type PlanReport,
  planReportSchema,
  readPlanReport,
  type SettingChange,
  toPlanLine,
} from "./report";
