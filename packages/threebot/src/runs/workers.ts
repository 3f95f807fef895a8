/**
 * Which processes work in a state folder, and on what. A process that lives says so twice a minute; what one that has
 * died was doing is free again.
 */
import { randomBytes } from "node:crypto";
import { messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import type { OwnerState } from "../owner/owner-state.js";
import type { Place } from "../owner/service.js";
import { processLives } from "../state/processes.js";

const beatEvery = 30_000;
const deadAfter = 4 * beatEvery;

/** A process that was started again in a container often has the number of the one before. */
const ofThisProcess = new Set<string>();

export class Workers {
  /** Of this process. */
  readonly id = `${process.pid}-${randomBytes(8).toString("hex")}`;
  readonly #state: OwnerState;
  readonly #log: Log;
  #beating: NodeJS.Timeout | undefined;
  #begun: Promise<void> | undefined;
  /** The last time that it said so, which may still be under way. Never rejects. */
  #said: Promise<void> = Promise.resolve();

  constructor(state: OwnerState, log: Log) {
    this.#state = state;
    this.#log = log;
  }

  /** Announces this process, before its first work. */
  begin(): Promise<void> {
    return (this.#begun ??= this.#begin());
  }

  async #begin(): Promise<void> {
    ofThisProcess.add(this.id);
    await this.#beat();
    this.#beating = setInterval(() => {
      this.#said = this.#beat().catch((error: unknown) =>
        this.#log.warn(`cannot say that it lives: ${messageOf(error)}`),
      );
    }, beatEvery).unref();
  }

  /** By the clock on the wall, also where the days of a test pass faster. */
  async #beat(): Promise<void> {
    await this.#state.workers.update(this.id, () => ({ pid: process.pid, beat: new Date().toISOString() }));
  }

  async isAlive(id: string): Promise<boolean> {
    if (ofThisProcess.has(id)) return true;
    const record = await this.#state.workers.read(id);
    if (record === undefined || record.pid === process.pid) return false;
    return Date.now() - Date.parse(record.beat) < deadAfter && processLives(record.pid);
  }

  /**
   * Takes a place for a run; whoever has it holds it until `release`.
   * @throws TasticError locked
   */
  async claim(place: Place, run: string): Promise<void> {
    await this.begin();
    const before = await this.#state.claims.read(place);
    const holder = before?.worker;
    const isHeld = holder !== undefined && (await this.isAlive(holder));
    await this.#state.claims.update(place, (now) => {
      if (isHeld || now?.worker !== holder || now?.run !== before?.run) {
        throw new TasticError("locked", `another run works on ${place}`, {
          guidance: "Wait until it is done, or cancel it.",
          data: { place, run: now?.run },
        });
      }
      return { worker: this.id, run };
    });
  }

  async release(place: Place, run: string): Promise<void> {
    await this.#state.claims.update(place, (now) => (now?.run === run ? {} : (now ?? {})));
  }

  /** Removes what processes left that are gone. */
  async tidy(): Promise<void> {
    for await (const id of this.#state.workers.names()) {
      if (!(await this.isAlive(id))) await this.#state.workers.remove(id);
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#beating);
    if (this.#begun === undefined) return;
    await this.#begun;
    // It would make anew what is removed here.
    await this.#said;
    await this.#state.workers.remove(this.id);
    this.#begun = undefined;
    ofThisProcess.delete(this.id);
  }
}
