/** What tools for operators share with the program. It loads neither the engine's SDK nor a resource. */
export { describeField, describeSetting, describeWaiting, fieldLabel } from "./describe";
export { type Duration, durationSchema } from "../configuration/rotation";
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
