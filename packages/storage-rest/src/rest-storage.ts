/**
 * A repository on a server that speaks restic's REST protocol, version 1 or 2 (its document "REST Backend"), or that is
 * reached through one.
 */
import { setTimeout } from "node:timers/promises";
import { isTasticError, TasticError } from "@tastic/errors";
import {
  checkLength,
  checkRange,
  checkWithin,
  describeFile,
  folderOf,
  Gate,
  throwIfCancelled,
  type ByteRange,
  type FileInfo,
  type FileType,
  type OperationOptions,
  type SaveOptions,
  type Storage,
  type StorageFile,
} from "@tastic/storage";
import { checkRangeAnswer } from "./range-answer.js";
import { exchangeError, mayHaveHappened, statusError, type Attempt } from "./rest-error.js";
import { parseListing } from "./rest-list.js";
import { alreadyExists, sameBytes, wirePathOf } from "./rest-objects.js";
import { headerOf, type Answer, type Request, type Transport } from "./transport.js";
import { totalLength } from "./body.js";

// Milliseconds between the attempts at a listing that meets 404.
const listAgainAfter = [5, 20, 60, 120, 240];

const version2 = "application/vnd.x.restic.rest.v2";

export class RestStorage implements Storage {
  readonly location: string;
  readonly connections: number;
  readonly #transport: Transport;
  readonly #gate: Gate;
  /** One config is saved after the other, since some servers overwrite and we have to look first. */
  readonly #configGate = new Gate(1);
  #closed = false;

  constructor(location: string, connections: number, transport: Transport) {
    this.location = location;
    this.connections = connections;
    this.#transport = transport;
    this.#gate = new Gate(connections);
  }

  async prepare(): Promise<void> {
    const attempt = { action: "prepare", object: this.location, data: { location: this.location } };
    const answer = await this.#send({ method: "POST", path: "?create=true", body: [] }, attempt);
    if (answer.status !== 200) throw statusError(answer, attempt);
  }

  async save(
    file: StorageFile,
    content: Uint8Array | readonly Uint8Array[],
    options: SaveOptions = {},
  ): Promise<void> {
    const { signal } = options;
    const path = wirePathOf(file);
    const pieces = content instanceof Uint8Array ? [content] : content;
    const action = `saving ${describeFile(file)}`;
    const save = () => this.#save(file, path, pieces, options);
    if (file.type === "config") {
      await this.#configGate.pass(
        async () => {
          // Some servers would overwrite it.
          const held = await this.#holds(file, pieces, signal);
          if (held === "other") {
            if (options.replace !== true) throw alreadyExists(file, this.location);
            // The protocol has no other way.
            await this.remove(file, { signal });
          }
          if (held !== "same") await save();
        },
        action,
        signal,
      );
    } else await this.#pass(file, save, action, signal);
  }

  async load(file: StorageFile, range?: ByteRange, { signal, traffic }: OperationOptions = {}) {
    const path = wirePathOf(file);
    if (range !== undefined) checkRange(file, range);
    const load = async () => {
      // HTTP has no range without bytes.
      if (range?.length === 0) {
        checkWithin(file, range, await this.#sizeOf(file, signal));
        return new Uint8Array(0);
      }
      const attempt = this.#attempt("load", file);
      const headers: Record<string, string> =
        range === undefined ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
      const onHead: Request["onHead"] = (head) => {
        if (head.status === 200 || head.status === 206) {
          if (range === undefined) checkLength(file, head.length ?? 0);
          else checkRangeAnswer(file, range, head);
        }
      };
      const answer = await this.#send({ method: "GET", path, headers, traffic, onHead }, attempt, signal);
      if (answer.status !== 200 && answer.status !== 206) throw statusError(answer, attempt);
      // Only where the server has not told the length before.
      if (range !== undefined) checkWithin(file, range, range.offset + answer.body.length);
      return answer.body;
    };
    return this.#pass(file, load, `loading ${describeFile(file)}`, signal);
  }

  async stat(file: StorageFile, { signal }: OperationOptions = {}): Promise<FileInfo> {
    wirePathOf(file);
    const look = async () => ({ name: file.name, size: await this.#sizeOf(file, signal) });
    return this.#pass(file, look, `looking at ${describeFile(file)}`, signal);
  }

  async *list(type: FileType, options: OperationOptions = {}): AsyncGenerator<FileInfo, void, undefined> {
    const { signal } = options;
    const action = `listing objects of type ${type}`;
    if (type === "config") {
      const config = await this.#sizeIfThere({ type, name: "" }, signal);
      if (config !== undefined) yield config;
      return;
    }
    const listing = await this.#gate.pass(() => this.#list(type, options), action, signal);
    for (let start = 0; start < listing.length; start += this.connections) {
      const batch = listing.slice(start, start + this.connections);
      const sized = await Promise.all(
        batch.map(async ({ name, size }) =>
          size === undefined ? this.#sizeIfThere({ type, name }, signal) : { name, size },
        ),
      );
      for (const info of sized) {
        if (info !== undefined) yield info;
        throwIfCancelled(signal, action);
      }
    }
  }

  async remove(file: StorageFile, { signal }: OperationOptions = {}): Promise<void> {
    const path = wirePathOf(file);
    const remove = async () => {
      // Servers call it a success to remove what is not there.
      await this.#sizeOf(file, signal, "remove");
      const attempt = this.#attempt("remove", file);
      const answer = await this.#send({ method: "DELETE", path }, attempt, signal);
      if (answer.status !== 200) throw statusError(answer, attempt);
    };
    await this.#pass(file, remove, `removing ${describeFile(file)}`, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#transport.close();
  }

  async #save(
    file: StorageFile,
    path: string,
    pieces: readonly Uint8Array[],
    { signal, traffic }: OperationOptions,
  ): Promise<void> {
    const attempt = this.#attempt("save", file);
    let failure: TasticError;
    try {
      const headers = { "content-type": "application/octet-stream" };
      const request: Request = { method: "POST", path, headers, body: pieces, traffic };
      const answer = await this.#send(request, attempt, signal);
      if (answer.status === 200) return;
      failure = statusError(answer, attempt);
    } catch (error) {
      failure = exchangeError(error, attempt);
    }
    if (failure.code !== "cancelled" && mayHaveHappened(failure)) {
      // Perhaps an answer was lost, now or the time before, and the server has what it was to have, which it takes only
      // once. The bytes themselves tell.
      const held = await this.#holds(file, pieces, signal).catch((error: unknown) => {
        if (isTasticError(error, "cancelled")) throw error;
        // It cannot be learned now; that the save failed is known.
        return "unknown";
      });
      if (held === "same") return;
      // Where the exchange broke, what is there may be a part, which saving again puts right.
      if (held === "other" && failure.code === "access-denied") throw alreadyExists(file, this.location);
    }
    throw failure;
  }

  /** What the server holds under this name, in comparison to this content. */
  async #holds(
    file: StorageFile,
    pieces: readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<"nothing" | "same" | "other"> {
    const found = await this.#sizeIfThere(file, signal);
    if (found === undefined) return "nothing";
    if (found.size !== totalLength(pieces)) return "other";
    const attempt = this.#attempt("load", file);
    const answer = await this.#send({ method: "GET", path: wirePathOf(file) }, attempt, signal);
    if (answer.status !== 200) throw statusError(answer, attempt);
    return sameBytes(answer.body, pieces) ? "same" : "other";
  }

  async #list(type: Exclude<FileType, "config">, { signal, traffic }: OperationOptions) {
    const attempt = { action: `list objects of type ${type} in`, object: this.location, data: { type } };
    const headers = { accept: version2 };
    const request: Request = { method: "GET", path: `${folderOf(type)}/`, headers, traffic };
    let answer = await this.#send(request, attempt, signal);
    const rclone = headerOf(answer, "server")?.startsWith("rclone/") === true;
    // A folder that is not there is an empty one. But rest-server also answers 404 where an object was removed just
    // while it was listing, and then to see nothing would be to see no locks.
    for (const wait of rclone ? [] : listAgainAfter) {
      if (answer.status !== 404) break;
      await setTimeout(wait);
      answer = await this.#send(request, attempt, signal);
    }
    if (answer.status === 404 && !rclone) return [];
    if (answer.status === 404) {
      // rclone answers so whatever went wrong, and an empty list for a folder that is not there.
      throw new TasticError(
        "storage-failed",
        `cannot ${attempt.action} ${this.location}: rclone cannot list them`,
        {
          guidance: "See what rclone itself says about it.",
          data: attempt.data,
        },
      );
    }
    if (answer.status !== 200) throw statusError(answer, attempt);
    try {
      return parseListing(answer.body);
    } catch (error) {
      throw exchangeError(error, attempt);
    }
  }

  async #sizeIfThere(file: StorageFile, signal: AbortSignal | undefined): Promise<FileInfo | undefined> {
    const attempt = this.#attempt("look at", file);
    const answer = await this.#send({ method: "HEAD", path: wirePathOf(file) }, attempt, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw statusError(answer, attempt);
    if (answer.length === undefined) {
      throw new TasticError("unsupported", `${attempt.object}: the server does not tell its size`, {
        guidance: "Check that the URL is that of a restic REST server, and what is in front of it.",
        data: attempt.data,
      });
    }
    return { name: file.name, size: answer.length };
  }

  async #sizeOf(file: StorageFile, signal: AbortSignal | undefined, action = "look at"): Promise<number> {
    const found = await this.#sizeIfThere(file, signal);
    if (found !== undefined) return found.size;
    const nothing = { status: 404, headers: {}, length: 0, body: new Uint8Array(0) };
    throw statusError(nothing, this.#attempt(action, file));
  }

  /** Locks do not wait for packs: one that is not renewed in time ends the whole operation. */
  async #pass<T>(
    file: StorageFile,
    work: () => Promise<T>,
    action: string,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (file.type === "lock") {
      throwIfCancelled(signal, action);
      return work();
    }
    return this.#gate.pass(work, action, signal);
  }

  async #send(request: Request, attempt: Attempt, signal?: AbortSignal): Promise<Answer> {
    this.#throwIfOver(attempt, signal);
    try {
      return await this.#transport.send(request, signal);
    } catch (error) {
      this.#throwIfOver(attempt, signal);
      throw exchangeError(error, attempt);
    }
  }

  #throwIfOver({ action, object }: Attempt, signal: AbortSignal | undefined): void {
    throwIfCancelled(signal, `to ${action} ${object}`);
    if (this.#closed)
      throw new TasticError("cancelled", `to ${action} ${object} was cancelled: it is closed`);
  }

  #attempt(action: string, file: StorageFile): Attempt {
    const data = { type: file.type, name: file.name };
    return { action, object: `${describeFile(file)} in ${this.location}`, data };
  }
}
