/**
 * One service for each folder of state: two of them would begin everything twice. Who has the folder stands in a file in
 * it, with the process and the machine, and says every few seconds that it is alive. On the same machine a process is
 * known to be gone, and what it left is taken over at once; what another machine or container left is watched for a while.
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, TasticError } from "@tastic/errors";
import type { Log } from "@tastic/rest-server";
import { hasSystemCode, storageError } from "@tastic/storage";
import * as v from "valibot";
import { processLives, processState, thisMachine } from "./processes.js";

export interface FolderLock {
  release(): Promise<void>;
}

export interface FolderLockOptions {
  /** Names the service in messages: "a marketplace". */
  readonly what: string;
  readonly log: Log;
  /** Called if another service has taken the folder over, because this machine slept or its disk stood still. */
  readonly lost: () => void;
  /** Milliseconds between two signs of life, and for which those of others are waited for. */
  readonly beatEvery?: number | undefined;
  readonly patience?: number | undefined;
}

const fileName = "in-use";
const usualBeat = 3_000;
const usualPatience = 10_000;

const holder = v.object({
  id: v.string(),
  /** The machine, since it was started, and what it numbers processes by. */
  where: v.string(),
  host: v.string(),
  pid: v.number(),
  /** When the process began, as the machine counts; a number of a process is given again and again. */
  began: v.optional(v.string()),
  beats: v.number(),
});

type Holder = v.InferOutput<typeof holder>;

/** Takes a folder, which is made if it is not there. @throws TasticError locked */
export async function lockFolder(folder: string, options: FolderLockOptions): Promise<FolderLock> {
  const { what, log, patience = usualPatience } = options;
  const path = join(folder, fileName);
  const own: Holder = {
    id: randomBytes(8).toString("hex"),
    where: await thisMachine(),
    host: hostname(),
    pid: process.pid,
    began: (await processState(process.pid))?.began,
    beats: 0,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    const file = await create(path, own);
    if (file !== undefined) return new HeldFolder(path, file, own, options);
    const found = await read(path);
    if (found === undefined) continue;
    const other = parse(found);
    if (await isAlive(path, found, other, own, patience, log)) {
      const who = other === undefined ? "" : `, process ${other.pid} on ${other.host}`;
      throw new TasticError("locked", `${what} works in ${folder} already${who}`, {
        guidance: "Stop that one first, or give this one a folder of its own.",
        data: { folder, pid: other?.pid, host: other?.host },
      });
    }
    log.info(`${folder}: what a process left that is gone is taken over`);
    await takeAway(path, found);
  }
}

/** Does something while no other service has the folder; `lost` aborts if another one has taken it over. */
export async function withFolder<T>(
  folder: string,
  options: Omit<FolderLockOptions, "lost">,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const lock = await lockFolder(folder, { ...options, lost: () => lost.abort() });
  try {
    return await work(lost.signal);
  } finally {
    await lock.release();
  }
}

class HeldFolder implements FolderLock {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #own: Holder;
  readonly #options: FolderLockOptions;
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(path: string, file: FileHandle, own: Holder, options: FolderLockOptions) {
    this.#path = path;
    this.#file = file;
    this.#own = own;
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#beating = this.#beating.then(() => this.#beat());
    }, options.beatEvery ?? usualBeat).unref();
  }

  async release(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    await this.#beating;
    await this.#file.close();
    if (await this.#isOurs()) await rm(this.#path, { force: true });
  }

  async #beat(): Promise<void> {
    if (this.#isOver) return;
    const { log, lost } = this.#options;
    try {
      if (await this.#isOurs()) {
        this.#own.beats++;
        await this.#file.write(textOf(this.#own), 0);
        return;
      }
    } catch (error) {
      log.warn(`cannot say in ${this.#path} that this service lives: ${messageOf(error)}`);
      return;
    }
    this.#isOver = true;
    clearInterval(this.#timer);
    log.error(`${this.#path} belongs to another service now: this one ends`);
    lost();
  }

  async #isOurs(): Promise<boolean> {
    const found = await read(this.#path);
    return found !== undefined && parse(found)?.id === this.#own.id;
  }
}

/** Undefined if there is one already. */
async function create(path: string, own: Holder): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.write(textOf(own), 0);
    return file;
  } catch (error) {
    if (hasSystemCode(error, ["EEXIST"])) return undefined;
    throw storageError(error, "create", path);
  }
}

/** Is whoever wrote this at work? */
async function isAlive(
  path: string,
  found: string,
  other: Holder | undefined,
  own: Holder,
  patience: number,
  log: Log,
): Promise<boolean> {
  if (other?.where === own.where) {
    if (!processLives(other.pid)) return false;
    const state = await processState(other.pid);
    // Where nothing more is told of processes, the number has to do.
    if (state === undefined) return true;
    return !state.isDead && (other.began === undefined || state.began === other.began);
  }
  const from = other === undefined ? "" : ` on ${other.host}`;
  log.info(`${path} is of another service${from}: waiting whether that is alive`);
  for (const end = performance.now() + patience; performance.now() < end;) {
    await delay(Math.min(200, patience / 4));
    // What changes is alive, and what is removed is free.
    const now = await read(path);
    if (now !== found) return now !== undefined;
  }
  return false;
}

/** Removes what was found, unless somebody has put something else there meanwhile. */
async function takeAway(path: string, found: string): Promise<void> {
  if ((await read(path)) !== found) return;
  const aside = `${path}-${randomBytes(4).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return;
    throw storageError(error, "rename", path);
  }
  await rm(aside, { force: true });
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasSystemCode(error, ["ENOENT"])) return undefined;
    throw storageError(error, "read", path);
  }
}

function textOf(of: Holder): string {
  return `${JSON.stringify(of)}\n`;
}

/** Undefined for what is only half written, or damaged. */
function parse(text: string): Holder | undefined {
  try {
    return v.parse(holder, JSON.parse(text));
  } catch {
    return undefined;
  }
}
