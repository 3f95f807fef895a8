/**
 * Who stores how much, held against limits for an account, a repository and the whole server. Kept as documents, to
 * which every server adds what it has done, so that several of them may serve the same repositories. Between two
 * servers the numbers are a few seconds old.
 *
 * What is in the trash does not count against an account's limit, so that pruning makes room at once; but objects and
 * trash together may have twice the limit, so that nobody fills the disk by deleting.
 */
import { createHash } from "node:crypto";
import { messageOf } from "@tastic/errors";
import type { FileType, StorageFile } from "@tastic/storage";
import { updateDocument, type DocumentStore } from "../accounts/documents.js";
import type { Exchange } from "../http/exchange.js";
import type { Reservation, Usage } from "../http/services.js";
import type { Repositories } from "../stores/object-store.js";
import type { Log } from "./log.js";
import { LimitedReservation, storedIn, sum, unlimited } from "./reservation.js";
import type { Entry, Limit, Stored } from "./reservation.js";

export interface UsageOptions {
  readonly repositories: Repositories;
  readonly documents: DocumentStore;
  /** Bytes, objects and trash of all repositories together. */
  readonly totalLimit?: number | undefined;
  /** Bytes of objects in each repository. */
  readonly repositoryLimit?: number | undefined;
  readonly log: Log;
  /** How often changes are written down, in milliseconds. */
  readonly interval?: number;
}

/** Locks may pass a limit by so much: without one, nobody can prune to make room. */
const roomForLocks = 1024 * 1024;
/** In milliseconds. */
const rememberNames = 60_000;
const folder = "usage";
const types: readonly FileType[] = ["config", "key", "lock", "snapshot", "index", "pack"];

export class UsageLedger implements Usage {
  readonly #options: UsageOptions;
  readonly #entries = new Map<string, Promise<Entry>>();
  readonly #loaded = new Map<string, Entry>();
  #ready: Promise<void> | undefined;
  #recounting: Promise<boolean> | undefined;
  #stopping = false;
  #listed: { readonly names: Promise<readonly (readonly string[])[]>; readonly until: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: UsageOptions) {
    this.#options = options;
  }

  /** Begins to keep what happens. Nobody waits for what is read first. */
  start(): void {
    this.#timer = setInterval(() => void this.flush(), this.#options.interval ?? 2_000).unref();
    this.#ready = this.#loadAll();
    this.#ready.catch((error: unknown) => {
      this.#ready = undefined;
      this.#options.log.error(`cannot read who stores how much: ${messageOf(error)}`);
    });
  }

  /** Resolves at the end, to whether all is written down that has happened here. */
  async stop(): Promise<boolean> {
    clearInterval(this.#timer);
    this.#stopping = true;
    await this.#ready?.catch(() => undefined);
    await this.#recounting;
    await this.flush();
    return [...this.#loaded.values()].every(({ newObjects, newTrash }) => newObjects === 0 && newTrash === 0);
  }

  /**
   * Counts all repositories again that are counted at all: a server has died, and the numbers lack what it did in its last
   * seconds. Thousands of repositories take minutes. Resolves to whether it came to its end; never rejects.
   */
  recountAll(): Promise<boolean> {
    this.#recounting = this.#recountAll();
    return this.#recounting;
  }

  async #recountAll(): Promise<boolean> {
    try {
      // Those that only the dead one has known of, too.
      await this.#loadAll();
      for (const entry of this.#loaded.values()) {
        if (this.#stopping) return false;
        await this.#count(entry);
      }
      return true;
    } catch (error) {
      this.#options.log.error(`cannot count who stores how much: ${messageOf(error)}`);
      return false;
    }
  }

  /** Reads what is written down, so that changes to it are kept. */
  load(): Promise<void> {
    return this.#loadAllOnce();
  }

  async reserve({ path, policy, account }: Exchange, file: StorageFile): Promise<Reservation> {
    const { totalLimit, repositoryLimit } = this.#options;
    const key = path.folders.join("/");
    const limited = totalLimit !== undefined || repositoryLimit !== undefined || policy.quota !== undefined;
    await this.#loadAllOnce();
    // Where nothing is limited, nothing is counted, unless it was before.
    if (!limited && !this.#entries.has(key)) return unlimited;
    const own = await this.#entry(path.folders);
    if (totalLimit !== undefined) await this.#loadEverything();
    else if (policy.quota !== undefined) await this.#loadBelow(path.folders[0]);
    const spare = file.type === "lock" ? roomForLocks : 0;
    const limits: Limit[] = [];
    const owner = (): Entry[] =>
      [...this.#loaded.values()].filter((one) => one.folders[0] === path.folders[0]);
    if (policy.quota !== undefined)
      limits.push({ of: `account ${account}`, limit: policy.quota, entries: owner, trashToo: 2 });
    if (repositoryLimit !== undefined) {
      limits.push({ of: "repository", limit: repositoryLimit, entries: () => [own], trashToo: 2 });
    }
    if (totalLimit !== undefined) {
      limits.push({
        of: "server",
        limit: totalLimit,
        entries: () => [...this.#loaded.values()],
        trashToo: 1,
      });
    }
    return new LimitedReservation(own, limits, spare);
  }

  removed(folders: readonly string[], bytes: number, into: "trash" | "nothing"): void {
    this.change(folders, -bytes, into === "trash" ? bytes : 0);
  }

  /** Something other than an upload has changed what is stored. */
  change(folders: readonly string[], objects: number, trash: number): void {
    const entry = this.#loaded.get(folders.join("/"));
    if (entry === undefined) return;
    entry.newObjects += objects;
    entry.newTrash += trash;
  }

  /** Counts a repository again, if it is counted at all. */
  async recount(folders: readonly string[]): Promise<void> {
    await this.#loadAllOnce();
    const entry = this.#loaded.get(folders.join("/"));
    if (entry !== undefined) await this.#count(entry);
  }

  /** What is known of a repository; undefined where nothing is counted. */
  async of(folders: readonly string[]): Promise<Stored | undefined> {
    await this.#loadAllOnce();
    const entry = this.#loaded.get(folders.join("/"));
    return entry && storedIn(entry);
  }

  /** What all repositories of an account hold, as far as it is counted. */
  async ofAccount(name: string): Promise<Stored> {
    await this.#loadAllOnce();
    return sum([...this.#loaded.values()].filter(({ folders }) => folders[0] === name));
  }

  /** Writes down what has happened. Never rejects: what could not be written is tried again. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      for (const entry of this.#loaded.values()) {
        if (entry.newObjects === 0 && entry.newTrash === 0) continue;
        try {
          await this.#write(entry);
        } catch (error) {
          this.#options.log.error(`cannot write down who stores how much: ${messageOf(error)}`);
        }
      }
    });
    return this.#writing;
  }

  async #write(entry: Entry): Promise<void> {
    const { newObjects, newTrash, folders } = entry;
    const content = await updateDocument(this.#options.documents, documentName(folders), (old) => {
      const { objects, trash } = old === undefined ? entry : parse(old);
      return format(folders, Math.max(0, objects + newObjects), Math.max(0, trash + newTrash));
    });
    entry.newObjects -= newObjects;
    entry.newTrash -= newTrash;
    if (content !== undefined) Object.assign(entry, countsOf(parse(content)));
  }

  #loadAllOnce(): Promise<void> {
    if (this.#ready === undefined) {
      this.#ready = this.#loadAll();
      // The next one tries again.
      this.#ready.catch(() => (this.#ready = undefined));
    }
    return this.#ready;
  }

  async #loadAll(): Promise<void> {
    const { documents } = this.#options;
    for await (const name of documents.list(folder)) {
      const stored = await documents.read(name);
      if (stored === undefined) continue;
      const parsed = parse(stored.content);
      const entry: Entry = { ...parsed, newObjects: 0, newTrash: 0, reserved: 0 };
      const key = parsed.folders.join("/");
      if (this.#entries.has(key)) continue;
      this.#entries.set(key, Promise.resolve(entry));
      this.#loaded.set(key, entry);
    }
  }

  /** Counts repositories of which nothing is written down, the first time that a limit needs them. */
  async #loadEverything(): Promise<void> {
    for (const folders of await this.#names()) await this.#entry(folders);
  }

  async #loadBelow(first: string | undefined): Promise<void> {
    for (const folders of await this.#names()) if (folders[0] === first) await this.#entry(folders);
  }

  /** What repositories there are. Looked up now and again: those that this server makes, it knows of. */
  #names(): Promise<readonly (readonly string[])[]> {
    if (this.#listed === undefined || this.#listed.until < performance.now()) {
      const names = this.#list();
      this.#listed = { names, until: performance.now() + rememberNames };
      names.catch(() => (this.#listed = undefined));
    }
    return this.#listed.names;
  }

  async #list(): Promise<(readonly string[])[]> {
    const names: (readonly string[])[] = [];
    for await (const folders of this.#options.repositories.list()) names.push(folders);
    return names;
  }

  #entry(folders: readonly string[]): Promise<Entry> {
    const key = folders.join("/");
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const made: Entry = { folders, objects: 0, trash: 0, newObjects: 0, newTrash: 0, reserved: 0 };
      entry = this.#count(made).then(() => {
        this.#loaded.set(key, made);
        return made;
      });
      this.#entries.set(key, entry);
      entry.catch(() => this.#entries.delete(key));
    }
    return entry;
  }

  /** Counts what a repository holds, and writes that down. */
  async #count(entry: Entry): Promise<void> {
    const store = this.#options.repositories.open(entry.folders);
    const { newObjects, newTrash } = entry;
    let objects = 0;
    let trash = 0;
    for (const type of types) {
      try {
        for await (const batch of store.list(type, { sizes: true }))
          for (const { size } of batch) objects += size;
      } catch (error) {
        if (type !== "config") throw error;
      }
    }
    for await (const { size } of store.trash.list()) trash += size;
    // What happened while it was counted is taken for counted: it may be a little off until the next time.
    entry.newObjects -= newObjects;
    entry.newTrash -= newTrash;
    Object.assign(entry, { objects, trash });
    const { documents } = this.#options;
    await updateDocument(documents, documentName(entry.folders), () => format(entry.folders, objects, trash));
  }
}

/** Folders may be longer than a name can be, and have more in them. */
function documentName(folders: readonly string[]): string {
  return `${folder}/${createHash("sha256").update(folders.join("/")).digest("hex")}`;
}

function format(folders: readonly string[], objects: number, trash: number): string {
  return JSON.stringify({ folders, objects, trash });
}

function parse(content: string): { readonly folders: readonly string[] } & Stored {
  return JSON.parse(content) as { folders: string[] } & Stored;
}

function countsOf({ objects, trash }: Stored): Stored {
  return { objects, trash };
}
