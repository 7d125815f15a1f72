import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Gives each test of a suite a separate folder, and the path of a journal in it. */
export function useJournalFile(): { directory: string; file: string } {
  const place = { directory: "", file: "" };
  beforeEach(async () => {
    place.directory = await mkdtemp(path.join(tmpdir(), "journal-"));
    place.file = path.join(place.directory, "journal.jsonl");
  });
  afterEach(async () => {
    await rm(place.directory, { recursive: true });
  });
  return place;
}

/** Gives all tests of a suite one folder, and the path of one journal in it. */
export function useSharedJournal(): { directory: string; file: string } {
  const place = { directory: "", file: "" };
  before(async () => {
    place.directory = await mkdtemp(path.join(tmpdir(), "journal-"));
    place.file = path.join(place.directory, "journal.jsonl");
  });
  after(async () => {
    await rm(place.directory, { recursive: true });
  });
  return place;
}
