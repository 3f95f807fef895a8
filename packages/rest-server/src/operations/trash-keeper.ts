/** The trash of all repositories: what is in it, bringing it back, and removing what has been in it long enough. */
import { messageOf } from "@tastic/errors";
import type { FileType } from "@tastic/storage";
import { wordOf } from "../http/request-path.js";
import type { ObjectStore, Repositories, TrashedObject } from "../stores/object-store.js";
import type { AuditLog } from "./audit-log.js";
import type { Log } from "./log.js";

export interface TrashSelection {
  /** The folders of one repository; all repositories if not given. */
  readonly repository?: readonly string[] | undefined;
  /** Only what was deleted at this time or later, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only what this account deleted. */
  readonly account?: string | undefined;
}

export interface FoundInTrash {
  readonly folders: readonly string[];
  readonly object: TrashedObject;
}

export interface TrashKeeperOptions {
  readonly repositories: Repositories;
  readonly audit: AuditLog;
  readonly log: Log;
  /** For how many days what this account deletes stays. */
  readonly daysFor: (account: string) => Promise<number>;
  /** Is told of bytes that have come back to the objects, and of bytes that have left the trash. */
  readonly changed: (folders: readonly string[], objects: number, trash: number) => void;
  readonly now: () => number;
}

export interface RestoredFromTrash {
  readonly restored: number;
  readonly bytes: number;
  /** Not brought back, since an object of the name is there. */
  readonly there: number;
}

const day = 24 * 60 * 60_000;
/** What others refer to comes back first: whoever sees a snapshot sees all that it needs. */
const order: readonly FileType[] = ["config", "key", "pack", "index", "snapshot", "lock"];

export class TrashKeeper {
  readonly #options: TrashKeeperOptions;

  constructor(options: TrashKeeperOptions) {
    this.#options = options;
  }

  /** What could be brought back. */
  async *find({
    repository,
    since = 0,
    account,
  }: TrashSelection): AsyncGenerator<FoundInTrash, void, undefined> {
    for await (const folders of this.#repositories(repository)) {
      for await (const object of this.#options.repositories.open(folders).trash.list()) {
        if (object.deleted >= since && (account === undefined || object.account === account))
          yield { folders, object };
      }
    }
  }

  /** Brings objects back, the one that was deleted last where several had the same name. */
  async restore(selection: TrashSelection, by = "operator"): Promise<RestoredFromTrash> {
    const { audit, changed } = this.#options;
    let [restored, bytes, there] = [0, 0, 0];
    for await (const folders of this.#repositories(selection.repository)) {
      const store = this.#options.repositories.open(folders);
      for (const object of await this.#inOrder(folders, selection)) {
        if ((await store.trash.restore(object)) === "exists") {
          there++;
          continue;
        }
        restored++;
        bytes += object.size;
        changed(folders, object.size, -object.size);
        await audit.record({ event: "undeleted", account: by, ...about(folders, object) });
      }
    }
    return { restored, bytes, there };
  }

  /** Removes what has been in the trash for long enough. Returns how many objects. */
  async sweep(signal?: AbortSignal): Promise<number> {
    const { audit, changed, daysFor, log, now, repositories } = this.#options;
    let swept = 0;
    for await (const folders of repositories.list()) {
      const store: ObjectStore = repositories.open(folders);
      try {
        for await (const object of store.trash.list()) {
          if (signal?.aborted) return swept;
          if (object.deleted + (await daysFor(object.account)) * day >= now()) continue;
          await store.trash.destroy(object);
          swept++;
          changed(folders, 0, -object.size);
          await audit.record({ event: "swept", account: "server", ...about(folders, object) });
        }
      } catch (error) {
        log.error(`cannot sweep the trash: ${messageOf(error)}`, { repository: folders.join("/") });
      }
    }
    return swept;
  }

  async #inOrder(folders: readonly string[], selection: TrashSelection): Promise<TrashedObject[]> {
    const found: TrashedObject[] = [];
    for await (const { object } of this.find({ ...selection, repository: folders })) found.push(object);
    return found.sort(
      (a, b) => order.indexOf(a.file.type) - order.indexOf(b.file.type) || b.deleted - a.deleted,
    );
  }

  async *#repositories(
    only: readonly string[] | undefined,
  ): AsyncGenerator<readonly string[], void, undefined> {
    if (only === undefined) yield* this.#options.repositories.list();
    else yield only;
  }
}

function about(folders: readonly string[], object: TrashedObject) {
  return {
    repository: folders.join("/"),
    type: wordOf(object.file.type),
    object: object.file.name,
    bytes: object.size,
    deleted: new Date(object.deleted).toISOString(),
  };
}
