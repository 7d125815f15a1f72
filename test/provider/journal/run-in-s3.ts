// A run of its own, for tests that kill it: it writes a create and its result to the journal that it is given.
// It loads what is compiled: to compile that anew takes ten times as long as the run.
import { openS3Journal } from "pulumi-resistant-tenants/internal/journal";
import { Aws, readAwsAccess } from "pulumi-resistant-tenants/internal/reach";

import { intent, result } from "./events";

async function main(location: string): Promise<void> {
  const journal = openS3Journal(location, new Aws(readAwsAccess(process.env)));
  const id = `event-of-${process.pid}`;
  const announced = intent("create", { id, slot: `${id}/eu-1/default`, at: new Date().toISOString() });
  await journal.append(announced);
  await journal.append({ ...result(announced, "made", `a-of-${process.pid}`), id: `${id}-end` });
}

void main(process.argv[2] ?? "");
