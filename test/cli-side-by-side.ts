/** Running one command line in restic and in tastic, and making what they print comparable. */
import { appendFileSync } from "node:fs";
import { expect, it } from "vitest";
import { COMPARED_LINES } from "./support/compared-lines.js";
import { runRestic, type Outcome, type RunOptions } from "./support/peers.js";
import { runTasticMostlyHere } from "./support/run-here.js";

/** What both must agree on. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export interface CompareOptions extends RunOptions {
  /** Rewrites what may differ for a good reason. */
  readonly mask?: (text: string) => string;
  /** For lists that have no order: compares lines sorted. */
  readonly sorted?: boolean;
  /** The command must have the repository for itself. */
  readonly alone?: boolean;
}

/** Runs both on the same repository and expects the same of both. */
export async function expectSame(args: readonly string[], options: CompareOptions = {}): Promise<Said> {
  const restic = runRestic(args, options);
  if (options.alone === true) await restic;
  return expectSameOutcomes(...(await Promise.all([restic, runTasticMostlyHere(args, options)])), options);
}

/** Expects that tastic said what restic did; at the end of standard error, it may have added advice. */
export function expectSameOutcomes(restic: Outcome, tastic: Outcome, options: CompareOptions = {}): Said {
  count(restic);
  const [wanted, said] = [comparable(restic, options), comparable(tastic, options)];
  const advised = wanted.stderr !== "" && said.stderr.startsWith(wanted.stderr);
  const stderr = advised ? wanted.stderr : said.stderr;
  expect({ ...said, stderr }, restic.command).toEqual(wanted);
  return said;
}

/** Command lines that this test file compared, each once however often it was run. */
const compared = new Set<string>();

/** Each line goes to the file TASTIC_COMPARED_LINES, for whoever looks for what is never compared. */
function count({ command }: Outcome): void {
  const line = maskIds(command.replace(/^\S+/, "restic").replace(/\S*tastic-test-\w+/g, "HOME"));
  compared.add(line);
  const list = process.env["TASTIC_COMPARED_LINES"];
  if (list !== undefined) appendFileSync(list, `${JSON.stringify(line)}\n`);
}

/** The last test of a file that compares: it compared as many command lines as it is listed with. */
export function itComparedEnough(file: keyof typeof COMPARED_LINES): void {
  const wanted = COMPARED_LINES[file];
  it(`compared ${wanted} command lines, or more`, () => {
    console.log(`${file}: ${compared.size} command lines compared with restic`);
    expect(compared.size).toBeGreaterThanOrEqual(wanted);
  });
}

function comparable(
  { stdout, stderr, code }: Outcome,
  { mask = (text) => text, sorted = false }: CompareOptions,
): Said {
  const clean = (text: string): string => {
    const lines = maskAlways(mask(text)).split("\n");
    return (sorted ? lines.sort() : lines).join("\n");
  };
  return { stdout: clean(stdout), stderr: clean(stderr), code };
}

/** What two runs of restic itself would not agree on; and the name of the program. */
function maskAlways(text: string): string {
  return (
    text
      // How often progress is told depends on how long things take.
      .replace(/^\{"message_type":"status".*\n/gm, "")
      // Whole seconds, left out when they are none.
      .replace(/"seconds_elapsed":\d+,/g, "")
      .replace(/^using temporary cache in .*\n/m, "")
      .replace(/^created new cache in .*\n/m, "")
      .replace(/\b(restic 0\.19\.1|tastic 0\.1\.0)\b/g, "PROGRAM VERSION")
      .replace(/\b(restic|tastic)\b/g, "PROGRAM")
      .replace(/^\[\d+:\d\d\]/gm, "[TIME]")
      .replace(/ in \d+:\d\d(?=$|,)/gm, " in TIME")
      .replace(/\(took [^)]*\)/g, "(took TIME)")
      .replace(/(saved|scan finished) in \d+\.\d+s/g, "$1 in TIME")
  );
}

/** Ids, and times of day. */
export function maskIds(text: string): string {
  return (
    text
      // Before the ids: a fraction of a second that ends in a nought is eight digits long, and looks like one.
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g, "DATE")
      .replace(/\b[0-9a-f]{64}\b/g, "LONGID")
      .replace(/\b[0-9a-f]{8}\b/g, "SHORTID")
      .replace(/\b[0-9a-f]{10}\b/g, "INITID")
  );
}

/** What compression makes of data: each library its own. */
export function maskStored(text: string): string {
  return text
    .replace(/\([^()]* stored\)/g, "(STORED)")
    .replace(/"(data_added_packed|data_size_in_repo|metadata_size_in_repo)":\d+/g, '"$1":0')
    .replace(/"(total_duration|duration)":[\d.e-]+/g, '"$1":0')
    .replace(/(\d+(?:\.\d+)? [KMG]?i?B) added, .*? stored(, .* metadata)?\)/g, "$1 added)");
}
