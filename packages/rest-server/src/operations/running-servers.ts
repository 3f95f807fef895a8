/**
 * Which servers are at work on a place, and which of them have died. Each has a mark of its own, a document that it
 * changes again and again and removes when it ends in order. A mark that stays the same has nobody any more: then somebody
 * takes it over, does what has to be done after a death, and removes it only when that is done. Who dies over that leaves
 * two marks.
 *
 * Nobody's clock is asked, for those of several machines differ: a server is dead when so many looks in a row, in the
 * looker's own time, have found its mark unchanged. One that was only held up makes its mark anew.
 */
import { randomUUID } from "node:crypto";
import { messageOf } from "@tastic/errors";
import { updateDocument, type DocumentStore } from "../accounts/documents.js";
import type { Log } from "./log.js";

export interface RunningServersOptions {
  readonly documents: DocumentStore;
  readonly log: Log;
  /** Does what is due after other servers have died. Resolves to whether it is done; where not, it is tried again. */
  readonly afterDeath: () => Promise<boolean>;
  /** How often this server changes its mark and looks at those of others, in milliseconds. */
  readonly interval?: number | undefined;
}

const folder = "running";
/** So many looks have to find a mark unchanged. */
const patience = 4;
/** The one mark that all servers of a place had in common. One that died has left it so. */
const oldMark = { name: "state/usage", running: JSON.stringify({ state: "running" }) };

export class RunningServers {
  readonly #options: RunningServersOptions;
  readonly #server = randomUUID();
  readonly #own = `${folder}/${this.#server}`;
  /** Marks of the dead that this server has taken over. */
  readonly #taken = new Set<string>();
  readonly #seen = new Map<string, { readonly version: string; readonly looks: number }>();
  #changes = 0;
  /** Is there something to be done after a death? */
  #due = false;
  #next: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #clearing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: RunningServersOptions) {
    this.#options = options;
  }

  /** Resolves when this server has its mark, so that whatever it does from now on is not forgotten with it. */
  async start(): Promise<void> {
    const { documents } = this.#options;
    await this.#change(this.#own);
    const old = await documents.read(oldMark.name);
    if (old?.content === oldMark.running) this.#take(oldMark.name);
    this.#goOn(0);
  }

  /** Ends the looking. `inOrder`: nothing is left that another server would have to do. */
  async stop(inOrder: boolean): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#next);
    await this.#looking;
    await this.#clearing;
    if (inOrder) await this.#options.documents.remove(this.#own);
  }

  #goOn(pause: number): void {
    this.#next = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error: unknown) => this.#options.log.error(messageOf(error)))
        .finally(() => this.#stopped || this.#goOn(this.#options.interval ?? 30_000));
    }, pause).unref();
  }

  async #look(): Promise<void> {
    // Without its mark, it was taken for dead. Others have done what it had only begun, and now both are mixed up.
    if (await this.#change(this.#own)) this.#due = true;
    for (const name of this.#taken) if (name !== oldMark.name) await this.#change(name);
    await this.#lookAtOthers();
    if (this.#due) this.#clearing ??= this.#clear().finally(() => (this.#clearing = undefined));
  }

  async #lookAtOthers(): Promise<void> {
    const { documents } = this.#options;
    const there = new Set<string>();
    for await (const name of documents.list(folder)) {
      if (name === this.#own || this.#taken.has(name)) continue;
      const mark = await documents.read(name);
      if (mark === undefined) continue;
      there.add(name);
      const seen = this.#seen.get(name);
      const looks = seen?.version === mark.version ? seen.looks + 1 : 0;
      this.#seen.set(name, { version: mark.version, looks });
      // Of several who see that it is dead, one is the first to change it.
      if (looks >= patience && (await documents.write(name, this.#content(), mark.version))) this.#take(name);
    }
    for (const name of this.#seen.keys())
      if (!there.has(name) || this.#taken.has(name)) this.#seen.delete(name);
  }

  /** Never rejects. */
  async #clear(): Promise<void> {
    const { afterDeath, documents, log } = this.#options;
    const names = [...this.#taken];
    this.#due = false;
    try {
      this.#due = !(await afterDeath()) || this.#due;
      if (this.#due) return;
      for (const name of names) {
        await documents.remove(name);
        this.#taken.delete(name);
      }
    } catch (error) {
      this.#due = true;
      log.error(messageOf(error));
    }
  }

  #take(name: string): void {
    this.#taken.add(name);
    this.#due = true;
  }

  /** Changes a mark that is this server's. Returns whether it was there no longer. */
  async #change(name: string): Promise<boolean> {
    let gone = false;
    await updateDocument(this.#options.documents, name, (old) => {
      gone = old === undefined;
      return this.#content();
    });
    return gone;
  }

  /** Another each time: a store may tell versions by the content. */
  #content(): string {
    return JSON.stringify({ server: this.#server, changes: ++this.#changes });
  }
}
