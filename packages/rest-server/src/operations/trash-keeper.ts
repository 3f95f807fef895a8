/** The trash of all repositories: what is in it, bringing it back, and removing what has been in it long enough. */
import { createHash } from "node:crypto";
import { isTasticError, messageOf, TasticError } from "@tastic/errors";
import type { FileType, StorageFile } from "@tastic/storage";
import { updateDocument, type DocumentStore } from "../accounts/documents.js";
import { wordOf } from "../http/request-path.js";
import { hashOfStored } from "../stores/hash-of-stored.js";
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
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  readonly log: Log;
  /** For how many days what this account deletes stays. */
  readonly daysFor: (account: string) => Promise<number>;
  /** Is told of bytes that have come back to the objects, and of bytes that have left the trash. */
  readonly changed: (folders: readonly string[], objects: number, trash: number) => void;
  readonly now: () => number;
}

export interface RestoreOptions {
  /** Who does it, for the audit log; "operator" if not given. */
  readonly by?: string;
  /**
   * Where something else has the name by now, a config that an attacker put there in place of the one that it deleted,
   * that goes to the trash. Only with `since`: what was first deleted after that is what is right.
   */
  readonly replace?: boolean;
}

export interface RestoredFromTrash {
  readonly restored: number;
  /** So many of them in place of something else, which is in the trash now. */
  readonly replaced: number;
  readonly bytes: number;
  /** Not brought back, since an object of the name is there. */
  readonly there: number;
}

const day = 24 * 60 * 60_000;
/** Who has put into the trash what an operator replaced. No account can have this name. */
const replacer = "(replaced)";
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

  /**
   * Brings objects back. Where several had the same name: with `since` the one that was deleted first, which is the one
   * that was there at that time, else the one that was deleted last.
   * @throws TasticError invalid-argument where something is to be replaced, and it is not said since when
   */
  async restore(
    selection: TrashSelection,
    { by = "operator", replace = false }: RestoreOptions = {},
  ): Promise<RestoredFromTrash> {
    if (replace && selection.since === undefined) {
      throw new TasticError(
        "invalid-argument",
        "replacing needs a time since when what was deleted is right",
      );
    }
    const { audit, changed } = this.#options;
    let [restored, replaced, bytes, there] = [0, 0, 0, 0];
    for await (const folders of this.#repositories(selection.repository)) {
      const store = this.#options.repositories.open(folders);
      for (const object of await this.#inOrder(folders, selection)) {
        const result = replace
          ? await this.#replace(store, folders, object, by)
          : await store.trash.restore(object);
        if (result === "exists") {
          there++;
          continue;
        }
        if (result === "replaced") replaced++;
        restored++;
        bytes += object.size;
        changed(folders, object.size, -object.size);
        await audit.record({ event: "undeleted", account: by, ...about(folders, object) });
      }
    }
    return { restored, replaced, bytes, there };
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
    for await (const { object } of this.find({ ...selection, repository: folders })) {
      // What an operator has replaced is not to come back with the rest.
      if (object.account !== replacer || selection.account === replacer) found.push(object);
    }
    const sign = selection.since === undefined ? -1 : 1;
    return found.sort(
      (a, b) => order.indexOf(a.file.type) - order.indexOf(b.file.type) || sign * (a.deleted - b.deleted),
    );
  }

  /** Brings one object back, also where something else has its name by now. */
  async #replace(
    store: ObjectStore,
    folders: readonly string[],
    object: TrashedObject,
    by: string,
  ): Promise<"restored" | "replaced" | "exists"> {
    const { file, deleted } = object;
    if (file.type === "config") {
      const choice = await this.#choice(folders);
      if (deleted === choice?.deleted) return store.trash.restore(object);
      // What was deleted between the right one and the choice was there in its place.
      if (choice !== undefined && deleted > choice.deleted && deleted <= choice.time) return "exists";
      const moved = await this.#moveAway(store, folders, file, by);
      // Before the right one is there: should this be interrupted, the next try makes the same choice.
      const { documents, now } = this.#options;
      const chosen: Choice = { deleted, time: now() };
      await updateDocument(documents, choiceName(folders), () => JSON.stringify(chosen));
      const result = await store.trash.restore(object);
      return result === "restored" && moved ? "replaced" : result;
    }
    const result = await store.trash.restore(object);
    if (result === "restored" || (await hashOfStored(store, file)) === file.name) return result;
    await this.#moveAway(store, folders, file, by);
    return (await store.trash.restore(object)) === "restored" ? "replaced" : "exists";
  }

  /** Moves what has this name to the trash. Returns whether there was something. */
  async #moveAway(
    store: ObjectStore,
    folders: readonly string[],
    file: StorageFile,
    by: string,
  ): Promise<boolean> {
    const { audit, changed, now } = this.#options;
    let size: number;
    try {
      size = (await store.stat(file)).size;
      await store.discard(file, replacer, now());
    } catch (error) {
      if (isTasticError(error, "not-found")) return false;
      throw error;
    }
    changed(folders, -size, size);
    await audit.record({
      event: "replaced",
      account: by,
      repository: folders.join("/"),
      type: wordOf(file.type),
      object: file.name,
      bytes: size,
    });
    return true;
  }

  async #choice(folders: readonly string[]): Promise<Choice | undefined> {
    const stored = await this.#options.documents.read(choiceName(folders));
    return stored && (JSON.parse(stored.content) as Choice);
  }

  async *#repositories(
    only: readonly string[] | undefined,
  ): AsyncGenerator<readonly string[], void, undefined> {
    if (only === undefined) yield* this.#options.repositories.list();
    else yield only;
  }
}

/** Which of a repository's configs an operator has put back in place of others. In milliseconds since 1970. */
interface Choice {
  /** When the right one was deleted. */
  readonly deleted: number;
  /** When it was chosen. */
  readonly time: number;
}

function choiceName(folders: readonly string[]): string {
  return `config-choices/${createHash("sha256").update(folders.join("/")).digest("hex")}`;
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
