/**
 * Checking a repository: the index, the packs, the snapshots with their trees, and on demand every byte.
 */
import type { CheckOptions, CheckResult } from "./check-types.js";
import { BlobMarks } from "./blob-marks.js";
import { checkData, hireCheckers } from "./check-data.js";
import type { CheckCrew } from "./check-data.js";
import { checkIndex } from "./check-index.js";
import { checkPacks } from "./check-packs.js";
import { CheckReport } from "./check-report.js";
import { checkSnapshots } from "./check-snapshots.js";
import { selectPacks } from "./read-selection.js";
import { TasticError } from "@tastic/errors";
import { idToBytes } from "@tastic/format";
import { PackTable } from "@tastic/repository";
import type { Repository } from "@tastic/repository";

/**
 * Checks a repository whose index has not been loaded: check does that itself. Whatever is wrong with the repository
 * is an event and counts in the result; when an index file cannot be read, the check ends there.
 *
 * @throws TasticError `cancelled`, `invalid-argument`, and what the store throws when it cannot even list
 */
export async function check(repository: Repository, options: CheckOptions = {}): Promise<CheckResult> {
  if (repository.index.size > 0) {
    throw new TasticError("invalid-argument", "check loads the index itself, and it is loaded already", {
      guidance: "Open the repository anew for a check.",
    });
  }
  const { signal, readData } = options;
  const report = new CheckReport(options);
  // Workers start while index and trees are looked at, so that they are there when there is something to read.
  const crew = options.crew ?? hireCheckers(readData === undefined ? 0 : options.workers);
  try {
    report.phase("index");
    if (!(await checkIndex(repository, report, signal))) return report.result();
    report.phase("packs");
    return await checkContent(repository, new PackTable(repository.index), options, report, crew);
  } finally {
    await crew.close();
  }
}

/** What comes after the index. */
async function checkContent(
  repository: Repository,
  packs: PackTable,
  options: CheckOptions,
  report: CheckReport,
  crew: CheckCrew,
): Promise<CheckResult> {
  const { signal, readData } = options;
  await checkPacks(repository, packs, report, signal);
  report.phase("snapshots");
  const marks = new BlobMarks(repository.index);
  await checkSnapshots(repository, options.snapshots, marks, report, signal);
  if (readData === undefined) return report.result();
  report.phase("data");
  const candidates = options.snapshots === undefined ? packs.packs() : packsInUse(repository, marks);
  const selectable = Array.from(candidates, (pack) => ({
    pack,
    firstByte: idToBytes(packs.id(pack))[0] ?? 0,
    size: packs.size(pack),
  }));
  const selected = selectPacks(selectable, readData).map(({ pack }) => pack);
  await checkData(repository, packs, selected, report, { signal, crew });
  return report.result();
}

/** All packs that hold a copy of a marked blob. */
function packsInUse({ index }: Repository, marks: BlobMarks): Set<number> {
  const packs = new Set<number>();
  for (const marked of marks.entries()) {
    for (let entry = marked; entry >= 0; entry = index.findNext(entry)) packs.add(index.pack(entry));
  }
  return packs;
}
