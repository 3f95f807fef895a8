/**
 * What `forget` says: as text, which snapshots of each group stay and why, and which go; as JSON, the same in one array.
 */
import { jsonString, jsonStrings, parseTime, shortId } from "@tastic/format";
import type { SnapshotId } from "@tastic/format";
import { messageOf } from "@tastic/errors";
import { describePolicy, formatGroupHeader } from "@tastic/snapshots";
import type { ForgetEvent, ForgetGroup, ForgetResult, StoredSnapshot } from "@tastic/snapshots";
import type { Context } from "../command.js";
import { ProgressBar } from "./progress-bar.js";
import { snapshotJson } from "./snapshot-json.js";
import { snapshotTable } from "./snapshot-table.js";

export interface ForgetReportOptions {
  readonly compact: boolean;
  readonly dryRun: boolean;
}

export class ForgetReporter {
  readonly #context: Context;
  readonly #options: ForgetReportOptions;
  #bar: ProgressBar | undefined;

  constructor(context: Context, options: ForgetReportOptions) {
    this.#context = context;
    this.#options = options;
  }

  onEvent(event: ForgetEvent): void {
    const { output } = this.#context;
    switch (event.type) {
      case "ignored":
        output.error(`Ignoring "${event.name}": ${event.message}`);
        break;
      case "policy":
        output.info(`Applying Policy: ${describePolicy(event.policy)}`);
        break;
      case "group":
        this.#group(event.group);
        break;
      case "decided":
        this.#decided(event.remove);
        break;
      case "removed":
        this.#bar?.update(event.done, event.total);
        output.detail(`removed snapshot/${event.id}`);
        break;
      case "remove-failed":
        output.error(`Remove(<snapshot/${event.id.slice(0, 10)}>) failed: ${messageOf(event.error)}`);
        output.error(`unable to remove snapshot/${event.id} from the repository`);
        break;
    }
  }

  /** Once all is done. */
  finish({ groups }: ForgetResult): void {
    this.#bar?.finish();
    this.#bar = undefined;
    const { output } = this.#context;
    if (output.json && groups.length > 0) output.result(`[${groups.map(groupJson).join(",")}]`);
  }

  /** Whatever happened. */
  stop(): void {
    this.#bar?.stop();
  }

  #group({ key, keep, remove, reasons }: ForgetGroup): void {
    const { output } = this.#context;
    const { compact } = this.#options;
    const header = formatGroupHeader(key);
    if (header !== undefined) output.verbose(header);
    const matches = new Map(reasons.map((reason) => [reason.snapshot.id, reason.matches]));
    const why = ({ id }: StoredSnapshot): readonly string[] => matches.get(id) ?? [];
    this.#table("keep", keep, compact ? { compact } : { compact, reasons: why });
    this.#table("remove", remove, { compact });
  }

  #table(
    verb: string,
    snapshots: readonly StoredSnapshot[],
    options: Parameters<typeof snapshotTable>[1],
  ): void {
    if (snapshots.length === 0) return;
    const { output } = this.#context;
    output.info(`${verb} ${snapshots.length} snapshots:`);
    for (const line of snapshotTable(oldestFirst(snapshots), options)) output.info(line);
    output.info("");
  }

  #decided(remove: readonly SnapshotId[]): void {
    if (remove.length === 0) return;
    if (this.#options.dryRun) {
      const ids = remove.map(shortId).sort().join(" ");
      this.#context.output.info(`Would have removed the following snapshots:\n{${ids}}\n`);
    } else {
      this.#bar = new ProgressBar(this.#context, "files deleted");
      this.#bar.update(0, remove.length);
    }
  }
}

/** Of what is newest first; those of the same time stay in order. */
function oldestFirst(snapshots: readonly StoredSnapshot[]): StoredSnapshot[] {
  return snapshots
    .map((snapshot) => ({ snapshot, time: parseTime(snapshot.time) }))
    .sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1))
    .map(({ snapshot }) => snapshot);
}

/** Fields and their order are restic's. */
function groupJson({ key, keep, remove, reasons }: ForgetGroup): string {
  const strings = (texts: readonly string[] | null): string => (texts === null ? "null" : jsonStrings(texts));
  const list = <T>(items: readonly T[], json: (item: T) => string): string =>
    items.length === 0 ? "null" : `[${items.map(json).join(",")}]`;
  const one = (snapshot: StoredSnapshot): string => snapshotJson(snapshot);
  const why = list(
    reasons,
    ({ snapshot, matches }) => `{"snapshot":${one(snapshot)},"matches":${jsonStrings(matches)}}`,
  );
  return (
    `{"tags":${strings(key.tags)},"host":${jsonString(key.hostname)},"paths":${strings(key.paths)},` +
    `"keep":${list(keep, one)},"remove":${list(remove, one)},"reasons":${why}}`
  );
}
