// A run of its own, for tests that kill it: it writes a create and its result to the journal that it is given.
import { openS3Journal } from "../../../provider/src/journal";
import { awsHere } from "../../support/aws-environment";
import { intent, result } from "./events";

async function main(location: string): Promise<void> {
  const journal = openS3Journal(location, awsHere());
  const id = `event-of-${process.pid}`;
  const announced = intent("create", { id, slot: `${id}/eu-1/default`, at: new Date().toISOString() });
  await journal.append(announced);
  await journal.append({ ...result(announced, "made", `a-of-${process.pid}`), id: `${id}-end` });
}

void main(process.argv[2] ?? "");
