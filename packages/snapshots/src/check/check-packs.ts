/**
 * The second part of a check: is every pack that the index lists there, with the size that its blobs imply?
 */
import { idToBytes } from "@tastic/format";
import type { PackId } from "@tastic/format";
import { PACK } from "@tastic/repository";
import type { PackTable, Repository } from "@tastic/repository";
import type { CheckReport } from "./check-report.js";

/** Packs that are stored, by entry number of the index: their sizes, -1 where a pack is missing. */
export async function checkPacks(
  repository: Repository,
  packs: PackTable,
  report: CheckReport,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { index, storage } = repository;
  const stored = new Float64Array(index.size).fill(-1);
  let orphans = 0;
  let seen = 0;
  for await (const { name, size } of storage.list("pack", { signal })) {
    const pack = index.find(idToBytes(name), PACK);
    if (pack < 0) orphans++;
    else stored[pack] = size;
    report.progress("packs", Math.min(++seen, index.packCount), index.packCount + 1);
  }
  const errorsBefore = report.errorCount;
  const problems: [PackId, string][] = [];
  for (const pack of packs.packs()) {
    const size = stored[pack] ?? -1;
    const expected = packs.size(pack);
    if (size === expected) continue;
    const id = packs.id(pack);
    if (size < 0) {
      report.damaged({ type: "pack", id });
      problems.push([id, `pack ${id}: does not exist`]);
    } else {
      report.broken(id);
      problems.push([id, `pack ${id}: unexpected file size: got ${size}, expected ${expected}`]);
    }
  }
  for (const [, message] of problems.sort(([a], [b]) => (a < b ? -1 : 1))) report.error(message);
  report.progress("packs", index.packCount, index.packCount);
  if (orphans > 0 && report.errorCount === errorsBefore) {
    report.suggestPrune = true;
    report.hint(
      `${orphans} additional files were found in the repo, which likely contain duplicate data.\n` +
        "This is non-critical, you can run `prune` to correct this.",
    );
  }
  return stored;
}
