import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";

import type { Aws } from "../aws/aws";

/** A log group of CloudWatch Logs. */
export interface LogGroup {
  name: string;
  /** Returns the client for its region, always the same. */
  connect: () => Promise<CloudWatchLogsClient>;
}

/**
 * Opens a log group. Nothing is sent.
 *
 * @param logGroup its name, or its ARN, which contains its region
 */
export function openLogGroup(logGroup: string, aws: Aws): LogGroup {
  const [arn, , , ofArn, , , nameInArn = ""] = logGroup.split(":");
  const [name, region] = arn === "arn" ? [nameInArn, ofArn] : [logGroup, undefined];
  let client: Promise<CloudWatchLogsClient> | undefined;
  const open = async (): Promise<CloudWatchLogsClient> => {
    const { CloudWatchLogsClient } = await import("@aws-sdk/client-cloudwatch-logs");
    return aws.open(CloudWatchLogsClient, "logs", { region });
  };
  return { name, connect: () => (client ??= open()) };
}
