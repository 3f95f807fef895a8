/**
 * A check that repairs what it can with blobs of another repository. What is stored anew may name more that is missing,
 * such as what a folder holds: so it goes on until a round brings nothing. A last check judges what came of it.
 */
import type { PackId } from "@tastic/format";
import { repairFrom } from "@tastic/repository";
import type { NamedBlob, Repository } from "@tastic/repository";
import { check } from "@tastic/snapshots";
import type { CheckDamage, CheckOptions, CheckResult } from "@tastic/snapshots";
import type { Context } from "./command.js";
import { loadIndex } from "./open-repository.js";
import type { CheckReporter } from "./output/check-report.js";
import { RepairFromReporter } from "./output/repair-from-report.js";
import { savePackCopy } from "./save-pack-copy.js";

export interface CheckWithRepair {
  readonly repository: Repository;
  /** Its index has not been loaded. */
  readonly other: Repository;
  readonly dryRun: boolean;
  readonly reporter: CheckReporter;
  readonly options: CheckOptions & { readonly signal: AbortSignal };
}

/** Under an exclusive lock of the repository, and a lock of the other. The result is that of the last check. */
export async function checkAndRepair(context: Context, work: CheckWithRepair): Promise<CheckResult> {
  const { repository, dryRun, reporter, options } = work;
  const damage = new Damage();
  const onEvent: CheckOptions["onEvent"] = (event) => reporter.onEvent(event);
  const found = await check(repository, { ...options, onEvent, onDamage: (one) => damage.add(one) });
  reporter.stop();
  if (damage.isEmpty) return found;
  const told = new RepairFromReporter(context, dryRun);
  try {
    await loadIndex(context, work.other, options.signal);
    const lost = await repairInRounds(work, damage, told);
    repository.forgetIndex();
    told.finish();
    if (dryRun) return found;
    const left = await check(repository, { ...options, onEvent });
    // Whether a snapshot needs what is lost or not: it was there.
    return { ...left, errorCount: Math.max(left.errorCount, lost) };
  } finally {
    told.stop();
  }
}

/** Returns how many blobs are nowhere to be had. */
async function repairInRounds(
  { repository, other, dryRun, options }: CheckWithRepair,
  damage: Damage,
  told: RepairFromReporter,
): Promise<number> {
  const { signal } = options;
  const lost = new Set<string>();
  for (let round = damage; !round.isEmpty;) {
    repository.forgetIndex();
    const result = await repairFrom(repository, other, round, {
      signal,
      dryRun,
      onEvent: (event) => told.onEvent(event),
      async beforeLoss(packs) {
        for (const id of packs) {
          await savePackCopy(repository, id, signal, "same");
          told.saved(id);
        }
      },
    });
    told.add(result);
    for (const blob of result.lostBlobs) lost.add(nameOf(blob));
    if (dryRun || result.restoredBlobs === 0) break;
    repository.forgetIndex();
    round = new Damage(lost);
    const next = round;
    const { snapshots } = options;
    await check(repository, {
      signal,
      ...(snapshots && { snapshots }),
      onDamage: (one) => next.add(one),
    });
  }
  return lost.size;
}

/** What checks have found, each once. */
class Damage {
  readonly #packs = new Set<PackId>();
  readonly #blobs = new Map<string, NamedBlob>();
  readonly #passedOver: ReadonlySet<string>;

  /** @param passedOver names of blobs that are lost anyway */
  constructor(passedOver: ReadonlySet<string> = new Set()) {
    this.#passedOver = passedOver;
  }

  add(damage: CheckDamage): void {
    if (damage.type === "pack") this.#packs.add(damage.id);
    else if (!this.#passedOver.has(nameOf(damage.blob))) this.#blobs.set(nameOf(damage.blob), damage.blob);
  }

  get isEmpty(): boolean {
    return this.#packs.size + this.#blobs.size === 0;
  }

  get packs(): Iterable<PackId> {
    return this.#packs;
  }

  get blobs(): Iterable<NamedBlob> {
    return this.#blobs.values();
  }
}

function nameOf({ type, id }: NamedBlob): string {
  return `${type} ${id}`;
}
