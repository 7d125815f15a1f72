import { randomUUID } from "node:crypto";
import { setTimeout as sleepMs } from "node:timers/promises";

import type { InputLogEvent } from "@aws-sdk/client-cloudwatch-logs";

import type { Aws } from "../aws/aws";
import { ofAws } from "../aws/foreign-answer";
import { isAwsError } from "../aws/patience";
import { messageOf } from "../client/text";
import { inBatches } from "../concurrency";
import type { Copy } from "./against-copy";
import type { EventEntry } from "./entry";
import { openLogGroup } from "./log-group";

/** Stores a copy of each event, in addition to the journal. */
export interface AuditLog {
  /** @throws {@link NotDeliveredError} if it is not certain that the event has arrived */
  deliver(entry: EventEntry): Promise<void>;
  /**
   * Delivers events that were not delivered when they were written, in their order, into a stream of their own, whose
   * name ends with `-late`. Their times there are those of the delivery.
   */
  deliverLate(stack: string, entries: readonly EventEntry[]): Promise<void>;
  /** Its location, for people: a log group. */
  readonly location: string;
  /** Reads the copies of a stack's events, some at a time. */
  copies(stack: string): AsyncIterable<readonly Copy[]>;
}

/** Thrown if an event is on record in the journal but did not reach the audit log. */
export class NotDeliveredError extends Error {
  override readonly name = "NotDeliveredError";

  /** @param entry the event, as the journal has it */
  constructor(
    message: string,
    readonly entry: EventEntry,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** CloudWatch takes 10,000 events a request. */
const eventsAtOnce = 500;

/** The waits for a stream that CloudWatch does not find, in milliseconds. */
const unseenWaitsMs = [100, 200, 400, 800, 1_600];

/** CloudWatch takes 1 MiB a request: most events have a few hundred bytes, but a customer's change may have many thousands. */
const bytesAtOnce = 1_048_576;

/** What CloudWatch adds to the size of each message. */
const bytesOfEvent = 26;

/** Divides events among requests, in their order. */
function inRequests(events: readonly InputLogEvent[]): InputLogEvent[][] {
  const requests: InputLogEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const bytes = Buffer.byteLength(event.message ?? "") + bytesOfEvent;
    if (bytes > room) {
      requests.push([]);
      room = bytesAtOnce;
    }
    requests.at(-1)?.push(event);
    room -= bytes;
  }
  return requests;
}

/**
 * Sends events to a log group of CloudWatch Logs, in a stream for each stack and run: `<stack>/<time>-<id>`.
 * Each message is an event's exact text in the journal. The group must exist: its retention and its key are
 * up to its owner.
 *
 * @param logGroup its name, or its ARN, which contains its region
 */
export function openAuditLog(logGroup: string, aws: Aws): AuditLog {
  const { name, connect } = openLogGroup(logGroup, aws);
  const started = `${new Date().toISOString().replaceAll(/[:.]/g, "-")}-${randomUUID().slice(0, 8)}`;
  const streams = new Map<string, Promise<string>>();

  const makeStream = async (stack: string, suffix = ""): Promise<string> => {
    const { CreateLogStreamCommand } = await import("@aws-sdk/client-cloudwatch-logs");
    const stream = `${streamPrefix(stack)}/${started}${suffix}`;
    await (
      await connect()
    )
      .send(new CreateLogStreamCommand({ logGroupName: name, logStreamName: stream }))
      .catch((error: unknown) => {
        // Only this run uses the name: if the stream exists, an attempt whose answer was lost created it.
        if (!isAwsError(error, "ResourceAlreadyExistsException")) throw error;
      });
    return stream;
  };
  async function* copies(stack: string): AsyncIterable<readonly Copy[]> {
    const { paginateFilterLogEvents } = await import("@aws-sdk/client-cloudwatch-logs");
    const streamsOfStack = `${streamPrefix(stack)}/`;
    const request = { logGroupName: name, logStreamNamePrefix: streamsOfStack };
    for await (const { events } of paginateFilterLogEvents({ client: await connect() }, request))
      yield ofAws(events, ["CloudWatch Logs", "CLOUDWATCH_LOGS"], `read the events in ${name}`)
        .filter(({ logStreamName = "" }) => logStreamName.startsWith(streamsOfStack))
        .map(({ logStreamName = "", message = "" }) => ({
          where: `${name}:${logStreamName}`,
          text: message,
        }));
  }
  const streamOf = (stack: string): Promise<string> => {
    const made = streams.get(stack) ?? makeStream(stack);
    streams.set(stack, made);
    // If the stream could not be created, the next event tries again.
    made.catch(() => streams.delete(stack));
    return made;
  };
  const putInto = async (logStreamName: string, logEvents: InputLogEvent[]): Promise<void> => {
    const { PutLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
    for (const some of inRequests(logEvents)) {
      const request = new PutLogEventsCommand({ logGroupName: name, logStreamName, logEvents: some });
      const { rejectedLogEventsInfo } = await onceSeen(async () => (await connect()).send(request));
      if (rejectedLogEventsInfo !== undefined)
        throw new Error("it refused events because of their time: is this machine's clock correct?");
    }
  };
  const put = async (entries: readonly EventEntry[]): Promise<undefined[]> => {
    for (const stack of new Set(entries.map(({ event }) => event.stack))) {
      const logEvents = entries
        .filter(({ event }) => event.stack === stack)
        .map(({ event, text }) => ({ timestamp: Date.parse(event.at), message: text }))
        .toSorted((a, b) => a.timestamp - b.timestamp);
      await putInto(await streamOf(stack), logEvents);
    }
    return entries.map(() => undefined);
  };
  const deliver = inBatches(put, eventsAtOnce);
  const deliverLate = async (stack: string, entries: readonly EventEntry[]): Promise<void> => {
    if (entries.length === 0) return;
    const stream = await makeStream(stack, "-late");
    const begun = Date.now();
    for (let first = 0; first < entries.length; first += eventsAtOnce) {
      const batch = entries.slice(first, first + eventsAtOnce);
      // CloudWatch refuses events that are older than 14 days, or than the group's retention.
      await putInto(
        stream,
        batch.map(({ text }, index) => ({ message: text, timestamp: begun + first + index })),
      );
    }
  };
  return {
    location: name,
    copies,
    deliverLate,
    deliver: async (entry) => {
      await deliver(entry).catch((error: unknown) => {
        throw new NotDeliveredError(
          `the log group ${name} (tenants:auditLogGroup) did not accept it: ${messageOf(error)}. ${remedy(name, error)}`,
          entry,
          { cause: error },
        );
      });
    },
  };
}

/**
 * Repeats a request for some seconds while CloudWatch does not find its stream, which this run has created: not every one
 * of CloudWatch's servers may see it yet.
 */
async function onceSeen<T>(request: () => Promise<T>): Promise<T> {
  for (const waitMs of unseenWaitsMs) {
    try {
      return await request();
    } catch (error) {
      if (!isAwsError(error, "ResourceNotFoundException")) throw error;
      await sleepMs(waitMs);
    }
  }
  return request();
}

function streamPrefix(stack: string): string {
  return stack.replaceAll(/[:*]/g, "_");
}

function remedy(name: string, error: unknown): string {
  return isAwsError(error, "ResourceNotFoundException")
    ? `Create it: aws logs create-log-group --log-group-name ${name}`
    : "Check the permissions (logs:CreateLogStream, logs:PutLogEvents) and the region, or remove tenants:auditLogGroup";
}
