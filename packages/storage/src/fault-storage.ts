/** A storage that misbehaves on demand, to test what stands on it: errors, stalls, lost and changed bytes. */
import { TasticError } from "@tastic/errors";
import { joinBytes } from "./bytes.js";
import { throwIfCancelled } from "./cancellation.js";
import { describeFile } from "./layout.js";
import type { FileInfo, OperationOptions, Storage, StorageFile } from "./storage.js";

export type StorageOperation = "prepare" | "save" | "load" | "stat" | "list" | "remove";

export type Fault =
  /**
   * The call fails with `error`, or `storage-failed` if none is given: before anything has happened, or, for a lost
   * answer, after the call has done its work; a listing also after so many `objects`.
   */
  | {
      readonly kind: "fail";
      readonly error?: Error;
      readonly when?: "before" | "after";
      readonly objects?: number;
    }
  /** The call does its work twice, as when a network repeats a request; a listing tells each object twice. */
  | { readonly kind: "repeat" }
  /** The call waits for `until`, or until its signal is aborted (`cancelled`); then it does its work. */
  | { readonly kind: "stall"; readonly until?: Promise<unknown> }
  /**
   * Saves or loads only the first `length` bytes and says nothing, states at most that size, or lists only the first
   * `length` objects.
   */
  | { readonly kind: "truncate"; readonly length: number }
  /** Saves or loads with one bit changed in the byte at `offset`, from the end if negative; the first if not given. */
  | { readonly kind: "corrupt"; readonly offset?: number };

/**
 * Which fault, if any, a call meets.
 *
 * @param operation what is called
 * @param file the object; its name is "" for `list`, which names only a type; undefined for `prepare`
 * @param n the how many-th call of this operation it is, from 1 on
 */
export type FaultPlan = (
  operation: StorageOperation,
  file: StorageFile | undefined,
  n: number,
) => Fault | undefined;

/** `inner`, with the faults of `plan`. */
export function createFaultStorage(inner: Storage, plan: FaultPlan): Storage {
  const calls = new Map<StorageOperation, number>();
  const begin = (operation: StorageOperation, file?: StorageFile, options?: OperationOptions): Call => {
    const n = (calls.get(operation) ?? 0) + 1;
    calls.set(operation, n);
    const what = file === undefined ? operation : `${operation} ${describeFile(file)}`;
    return { fault: plan(operation, file, n), what, signal: options?.signal };
  };
  return {
    location: inner.location,
    connections: inner.connections,
    prepare: () => meet(begin("prepare"), () => inner.prepare()),
    save: (file, content, options) =>
      meet(begin("save", file, options), (fault) =>
        // It may be saved twice, or be said to have failed when it has not.
        inner.save(file, fault === undefined ? content : change(joinBytes(content), fault), {
          ...options,
          onTaken: undefined,
        }),
      ),
    load: (file, range, options) =>
      meet(begin("load", file, options), async (fault) =>
        change(await inner.load(file, range, options), fault),
      ),
    stat: (file, options) =>
      meet(begin("stat", file, options), async (fault) => {
        const info = await inner.stat(file, options);
        return fault?.kind === "truncate" ? { ...info, size: Math.min(info.size, fault.length) } : info;
      }),
    list: (type, options) => list(begin("list", { type, name: "" }, options), inner.list(type, options)),
    remove: (file, options) => meet(begin("remove", file, options), () => inner.remove(file, options)),
    close: () => inner.close(),
  };
}

interface Call {
  readonly fault: Fault | undefined;
  /** Such as "save pack 3f0a1b2c…". */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/** Does `work`, with what the call's fault says about errors and waiting. What it says about bytes is for `work`. */
async function meet<T>(call: Call, work: (fault: Fault | undefined) => Promise<T>): Promise<T> {
  await before(call);
  if (call.fault?.kind === "repeat") await work(call.fault);
  const result = await work(call.fault);
  after(call);
  return result;
}

async function* list(call: Call, files: AsyncIterable<FileInfo>): AsyncGenerator<FileInfo, void, undefined> {
  await before(call);
  const { fault } = call;
  let room = fault?.kind === "truncate" ? fault.length : Infinity;
  let sound = fault?.kind === "fail" ? (fault.objects ?? Infinity) : Infinity;
  for await (const info of files) {
    if (room-- <= 0) return;
    if (sound-- <= 0) break;
    yield info;
    if (fault?.kind === "repeat") yield info;
  }
  after(call);
}

async function before({ fault, what, signal }: Call): Promise<void> {
  if (fault?.kind === "fail" && fault.when !== "after" && fault.objects === undefined)
    throw failure(fault.error, what);
  if (fault?.kind !== "stall") return;
  throwIfCancelled(signal, what);
  const aborted = new Promise<void>((resolve) => {
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  await (fault.until === undefined ? aborted : Promise.race([fault.until, aborted]));
  throwIfCancelled(signal, what);
}

function after({ fault, what }: Call): void {
  if (fault?.kind === "fail" && (fault.when === "after" || fault.objects !== undefined))
    throw failure(fault.error, what);
}

function failure(error: Error | undefined, what: string): Error {
  const guidance = "Run again.";
  return error ?? new TasticError("storage-failed", `cannot ${what}: a planned fault`, { guidance });
}

/** `bytes` with what the fault does to them; they are changed in place. */
function change(bytes: Uint8Array<ArrayBuffer>, fault: Fault | undefined): Uint8Array<ArrayBuffer> {
  if (fault?.kind === "truncate") return bytes.slice(0, fault.length);
  if (fault?.kind !== "corrupt") return bytes;
  const offset = fault.offset ?? 0;
  const at = offset < 0 ? bytes.length + offset : offset;
  const value = bytes[at];
  if (value === undefined) {
    // A plan that cannot be carried out would make a test pass for nothing.
    throw new TasticError("invalid-argument", `no byte ${offset} to corrupt in ${bytes.length} bytes`);
  }
  bytes[at] = value ^ 1;
  return bytes;
}
