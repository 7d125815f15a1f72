// One measurement in a process of its own, of the code as it is installed: its time and its peak of memory are its own.
const { readFileSync } = require("node:fs");
const { performance } = require("node:perf_hooks");
const { hashOf, openJournalAt, Verifier } = require("pulumi-resistant-tenants/internal/journal");
const { readReach } = require("pulumi-resistant-tenants/internal/reach");

const open = (location) => openJournalAt(location, readReach(process.env).aws);

/** Verifies a journal by itself, as `tenants audit verify` does. */
async function verify({ location }) {
  const verifier = new Verifier();
  const journal = open(location);
  for await (const entries of journal.stream()) verifier.take(entries);
  const { found } = await journal.traces();
  const { chains, defects } = verifier.finish();
  return { events: chains[0]?.events ?? 0, defects: defects.length + found.length };
}

/** Reads and writes what an `up` does that makes a customer with one application. */
async function up({ location, known, events }) {
  const journal = open(location);
  if (known === undefined) await journal.remember();
  else await journal.remember({ ...known, idIn: () => undefined });
  for (const event of events) await journal.append(event);
  return {};
}

/** Reads all that a run has to know, as a delete does. */
async function remember({ location }) {
  await open(location).remember();
  return {};
}

/** On Linux, `maxRSS` begins with that of the process that started this one. */
function peakKb() {
  try {
    const [, own] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"));
    return Number(own);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

/** Reads and writes what an `up`'s program does that changes a customer: see `ProgramRecord`. */
async function program({ location, known, events: [announced, done] }) {
  const journal = open(location);
  await journal.read(({ type }) => type === "Customer", known.last);
  await journal.remember({ ...known, idIn: () => undefined });
  const { event, text } = await journal.append(announced);
  await journal.append(done);
  const from = { sequence: event.sequence, hash: hashOf(text), at: event.at };
  await journal.read(({ intent }) => intent === announced.id, from);
  return {};
}

/** Asks S3 once, or looks for a file: what Node.js, this package and the AWS SDK take without a journal. */
async function nothing({ location }) {
  await open(location).remember();
  return {};
}

const work = { verify, up, program, remember, nothing };

async function main() {
  const { what, ...given } = JSON.parse(process.argv[2]);
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  const found = await work[what](given);
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(usedBefore);
  const peakMb = peakKb() / 1024;
  process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000, peakMb, ...found }));
}

void main();
