import { decodeLock, encodeLock, formatTime, type Lock, type LockId } from "@tastic/format";
import {
  currentUser,
  isStale,
  readLocks,
  removeLocks,
  type HeldLock,
  type LockOptions,
  Repository,
} from "@tastic/repository";
import {
  createFaultStorage,
  createLocalStorage,
  createMemoryStorage,
  type FaultPlan,
  type Storage,
} from "@tastic/storage";
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flipped, sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { failure, makeRepository, namesOf, password, replace } from "./support.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The id of a process that is gone. */
const deadPid = spawnSync(process.execPath, ["-e", "0"]).pid;

const timeAgo = (milliseconds: number): string => formatTime(BigInt(Date.now() - milliseconds) * 1_000_000n);

/** Stores a lock of somebody; by default of a living process on another host, taken just now. */
function saveLock(repository: Repository, lock: Partial<Lock> = {}): Promise<LockId> {
  const whole: Lock = {
    time: timeAgo(0),
    exclusive: false,
    hostname: "elsewhere",
    username: "someone",
    pid: process.pid,
    uid: 1001,
    gid: 1002,
    ...lock,
  };
  return repository.lockStore.saveLock(encodeLock(whole));
}

/** Stores bytes that are no lock, as one. */
async function saveBadLock(storage: Storage, bytes: Uint8Array): Promise<LockId> {
  const name = sha256Hex(bytes) as LockId;
  await storage.save({ type: "lock", name }, bytes);
  return name;
}

/** Lets time pass until the promise settles. */
async function inTime<T>(promise: Promise<T>, step = 100, most = 20 * MINUTE): Promise<T> {
  let settled = false;
  const mark = (): boolean => (settled = true);
  promise.then(mark, mark);
  for (let passed = 0; !settled && passed < most; passed += step) await vi.advanceTimersByTimeAsync(step);
  return promise;
}

const take = (repository: Repository, options: Partial<LockOptions> = {}): Promise<HeldLock> =>
  inTime(repository.lock({ exclusive: false, ...options }));

const refused = (repository: Repository, options: Partial<LockOptions> = {}) =>
  failure(take(repository, options), "locked");

let storage: Storage;
let repository: Repository;
beforeEach(async () => {
  storage = createMemoryStorage();
  repository = await makeRepository(storage);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a lock", () => {
  it("conflicts exactly as restic's do", async () => {
    for (const [held, wanted, conflict] of [
      [false, false, false],
      [false, true, true],
      [true, false, true],
      [true, true, true],
    ] as const) {
      const lock = await take(repository, { exclusive: held });
      if (conflict) await refused(repository, { exclusive: wanted });
      else await (await take(repository, { exclusive: wanted })).release();
      expect(await namesOf(storage, "lock")).toEqual([lock.id]);
      await lock.release();
      expect(await namesOf(storage, "lock")).toEqual([]);
    }
  });

  it("says who took it", async () => {
    const { username, uid, gid } = currentUser();
    const lock = await take(repository, { exclusive: true });
    const stored = decodeLock(await repository.loadUnpacked("lock", lock.id), "lock");
    expect(stored).toMatchObject({ exclusive: true, hostname: hostname(), pid: process.pid, username });
    expect([stored.uid, stored.gid]).toEqual([uid, gid]);
    await lock.release();
  });

  it("refuses with restic's text", async () => {
    vi.setSystemTime(new Date(2026, 0, 2, 3, 4, 5, 600));
    const id = await saveLock(repository, { exclusive: true, pid: 4711 });
    vi.setSystemTime(new Date(2026, 0, 2, 4, 6, 8, 0));
    const error = await refused(repository);
    expect(error.message).toBe(
      "unable to create lock in backend: repository is already locked exclusively by PID 4711 on elsewhere " +
        "by someone (UID 1001, GID 1002)\n" +
        `lock was created at 2026-01-02 03:04:05 (1h2m2.4s ago)\nstorage ID ${id.slice(0, 8)}`,
    );
    expect(error.guidance).toBe("the `unlock` command can be used to remove stale locks");
    expect(error.data).toMatchObject({ lock: id, pid: 4711, hostname: "elsewhere", exclusive: true });

    await repository.lockStore.removeLock(id);
    await saveLock(repository, { uid: 0, gid: 0 });
    expect((await refused(repository, { exclusive: true })).message).toContain(
      `repository is already locked by PID ${process.pid} on elsewhere by someone (UID 0, GID 0)\n`,
    );
  });

  it.each([
    [0, "0s"],
    [999, "0.999s"],
    [61_000, "1m1s"],
    [3_600_000, "1h0m0s"],
    [-5000, "0s"],
  ])("that is %i ms old says so as Go does: %s", async (age, text) => {
    vi.setSystemTime(new Date(2026, 0, 2, 3, 4, 5, 0));
    await saveLock(repository, { exclusive: true, time: timeAgo(age) });
    expect((await refused(repository)).message).toContain(`(${text} ago)`);
  });

  it("gives way to one that was taken in the same moment", async () => {
    const outcomes = Promise.allSettled([
      repository.lock({ exclusive: true }),
      repository.lock({ exclusive: true }),
      repository.lock({ exclusive: false }),
    ]);
    const settled = await inTime(outcomes);
    // Never two of them; perhaps none.
    expect(settled.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
    for (const outcome of settled) if (outcome.status === "fulfilled") await outcome.value.release();
    expect(await namesOf(storage, "lock")).toEqual([]);
  });

  it("is looked for again after its own was written", async () => {
    const attempt = repository.lock({ exclusive: false });
    await vi.advanceTimersByTimeAsync(100);
    expect((await namesOf(storage, "lock")).length).toBe(1);
    const other = await saveLock(repository, { exclusive: true });
    await failure(inTime(attempt), "locked");
    expect(await namesOf(storage, "lock")).toEqual([other]);
  });

  it("works on a disk", async () => {
    vi.useRealTimers();
    const local = createLocalStorage(`${await temporaryFolder()}/repository`);
    const onDisk = await makeRepository(local);
    const lock = await onDisk.lock({ exclusive: false });
    await failure(onDisk.lock({ exclusive: true }), "locked");
    await lock.release();
    await (await onDisk.lock({ exclusive: true })).release();
    expect(await namesOf(local, "lock")).toEqual([]);
  });
});

describe("stale locks", () => {
  const own = { hostname: hostname() };
  const lock = (fields: Partial<Lock>): Lock => ({
    time: timeAgo(0),
    exclusive: true,
    hostname: "elsewhere",
    username: "",
    pid: process.pid,
    ...fields,
  });

  it("are old, or of a process on this host that is gone", () => {
    const cases: [Partial<Lock>, boolean][] = [
      [{}, false],
      [{ time: timeAgo(30 * MINUTE - SECOND) }, false],
      [{ time: timeAgo(30 * MINUTE + SECOND) }, true],
      [{ time: timeAgo(-60 * MINUTE) }, false],
      [{ pid: deadPid }, false],
      [{ ...own }, false],
      [{ ...own, pid: deadPid }, true],
      [{ ...own, time: timeAgo(31 * MINUTE) }, true],
      // Not a process, so not one that lives.
      [{ ...own, pid: 2 ** 40 }, true],
      [{ ...own, pid: 1 }, false],
    ];
    for (const [fields, stale] of cases) expect(isStale(lock(fields)), JSON.stringify(fields)).toBe(stale);
  });

  it("are removed on the way only if nobody can be behind them", async () => {
    const cases: [Partial<Lock>, boolean][] = [
      [{ ...own, pid: deadPid, time: timeAgo(11 * MINUTE) }, true],
      [{ ...own, pid: deadPid, time: timeAgo(9 * MINUTE) }, false],
      [{ ...own, time: timeAgo(60 * MINUTE) }, false],
      [{ pid: deadPid, time: timeAgo(60 * MINUTE) }, false],
    ];
    for (const [fields, removed] of cases) {
      const id = await saveLock(repository, { exclusive: true, ...fields });
      if (removed) await (await take(repository, { exclusive: true })).release();
      else await refused(repository);
      expect(await namesOf(storage, "lock"), JSON.stringify(fields)).toEqual(removed ? [] : [id]);
      await repository.lockStore.removeLock(id);
    }
  });

  it("that cannot be removed forbid what they always did", async () => {
    const abandoned = { ...own, pid: deadPid, time: timeAgo(60 * MINUTE) };
    const appendOnly = createFaultStorage(storage, (operation, file) =>
      operation === "remove" && file?.name === id ? { kind: "fail" } : undefined,
    );
    const id = await saveLock(repository, abandoned);
    const opened = await Repository.open(appendOnly, { password });
    await refused(opened, { exclusive: true });
    await (await take(opened)).release();
    expect(await namesOf(storage, "lock")).toEqual([id]);
  });

  it("are what unlock removes, or else all", async () => {
    const alive = await saveLock(repository);
    await saveLock(repository, { ...own, pid: deadPid });
    await saveLock(repository, { time: timeAgo(31 * MINUTE) });
    const bad = await saveBadLock(storage, sampleBytes(200));
    const empty = await saveBadLock(storage, new Uint8Array(0));
    // Without waiting for the unreadable one: no time passes here.
    expect(await removeLocks(repository.lockStore, false)).toBe(2);
    expect(await namesOf(storage, "lock")).toEqual([alive, bad, empty].sort());
    expect(await removeLocks(repository.lockStore, true)).toBe(3);
    expect(await namesOf(storage, "lock")).toEqual([]);
    expect(await removeLocks(repository.lockStore, true)).toBe(0);
  });
});

describe("unreadable locks", () => {
  it("are read again for 35 seconds in all, then taken for a conflict", async () => {
    const bad = [1, 2, 3].map((seed) => sampleBytes(200, seed));
    const names = await Promise.all(bad.map((bytes) => saveBadLock(storage, bytes)));
    const started = Date.now();
    const error = await refused(repository);
    expect(Date.now() - started).toBeGreaterThanOrEqual(35 * SECOND);
    expect(Date.now() - started).toBeLessThan(36 * SECOND);
    expect(names.some((name) => error.message.includes(name))).toBe(true);
    expect(error.guidance).toContain("unlock --remove-all");
    expect((await namesOf(storage, "lock")).length).toBe(3);
  });

  it("do no harm if they become readable, or vanish", async () => {
    const id = await saveLock(repository);
    const file = { type: "lock", name: id } as const;
    const bytes = await storage.load(file);
    await replace(storage, file, bytes.subarray(0, 50));
    const vanishing = await saveBadLock(storage, sampleBytes(100));
    const attempt = repository.lock({ exclusive: false });
    await vi.advanceTimersByTimeAsync(6 * SECOND);
    await replace(storage, file, bytes);
    await repository.lockStore.removeLock(vanishing);
    await (await inTime(attempt)).release();
    expect(await namesOf(storage, "lock")).toEqual([id]);
  });

  it("do not count when they are empty, or vanish between listing and reading", async () => {
    const empty = await saveBadLock(storage, new Uint8Array(0));
    const id = await saveLock(repository, { exclusive: true });
    const opened = await Repository.open(
      createFaultStorage(storage, (operation, file) => {
        if (operation !== "load" || file?.name !== id) return undefined;
        return { kind: "stall", until: repository.lockStore.removeLock(id) };
      }),
      { password },
    );
    await (await take(opened, { exclusive: true })).release();
    expect(await namesOf(storage, "lock")).toEqual([empty]);
  });

  it("may be damaged in any byte", async () => {
    const id = await saveLock(repository, { exclusive: true });
    const file = { type: "lock", name: id } as const;
    const bytes = await storage.load(file);
    for (const damaged of [...bytes.keys()].flatMap((i) => [flipped(bytes, i), bytes.subarray(0, i)])) {
      if (damaged.length === 0) continue;
      await replace(storage, file, damaged);
      expect(await inTime(readLocks(repository.lockStore), 10 * SECOND)).toEqual([{ id, lock: undefined }]);
    }
  });

  it("may state a day that there is not", async () => {
    const id = await saveLock(repository, { time: "2026-02-31T00:00:00Z" });
    expect((await refused(repository)).message).toContain(id);
    expect(await removeLocks(repository.lockStore, false)).toBe(0);
  });

  it("are not loaded if they are too long", async () => {
    const id = await saveBadLock(storage, new Uint8Array((1 << 20) + 1));
    const opened = await Repository.open(
      createFaultStorage(storage, (operation, file) =>
        operation === "load" && file?.name === id ? { kind: "fail" } : undefined,
      ),
      { password },
    );
    expect((await refused(opened)).message).toContain(id);
  });

  it("are not what a failing store has", async () => {
    await saveLock(repository);
    const opened = await Repository.open(
      createFaultStorage(storage, (operation, file) =>
        operation === "load" && file?.type === "lock" ? { kind: "fail" } : undefined,
      ),
      { password },
    );
    await failure(take(opened), "storage-failed");
    expect((await namesOf(storage, "lock")).length).toBe(1);
  });
});

describe("a lock that is held", () => {
  async function held(plan: FaultPlan, options: Partial<LockOptions> = {}) {
    const opened = await Repository.open(createFaultStorage(storage, plan), { password });
    return take(opened, options);
  }

  it("is replaced by a fresh one every five minutes, and never missing", async () => {
    const lock = await take(repository, { exclusive: true });
    const seen = new Set([lock.id]);
    for (let i = 0; i < 12; i++) {
      await vi.advanceTimersByTimeAsync(5 * MINUTE);
      expect(await namesOf(storage, "lock")).toEqual([lock.id]);
      const stored = decodeLock(await repository.loadUnpacked("lock", lock.id), "lock");
      expect(stored.exclusive).toBe(true);
      expect(Date.now() - Date.parse(stored.time)).toBeLessThan(MINUTE);
      seen.add(lock.id);
    }
    expect(seen.size).toBe(13);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect(await namesOf(storage, "lock")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("survives a store that is away for a quarter of an hour", async () => {
    let away = false;
    const lock = await held((operation, file) =>
      away && operation === "save" && file?.type === "lock" ? { kind: "fail" } : undefined,
    );
    away = true;
    await vi.advanceTimersByTimeAsync(19 * MINUTE);
    away = false;
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
    expect(await namesOf(storage, "lock")).toEqual([]);
  });

  it.each(["fail", "stall"] as const)("is lost after 22.5 minutes in which saving would %s", async (kind) => {
    let saves = 0;
    const lock = await held((operation, file) => {
      if (operation !== "save" || file?.type !== "lock" || saves++ === 0) return undefined;
      return { kind };
    });
    await vi.advanceTimersByTimeAsync(22 * MINUTE);
    expect(lock.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(MINUTE);
    const reason: unknown = lock.signal.reason;
    expect(reason).toMatchObject({ code: "lock-lost", message: "failed to refresh lock in time" });
    // Neither does it hang, nor does anybody write locks from now on.
    await lock.release();
    const writes = saves;
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect(saves).toBe(writes);
    expect(await namesOf(storage, "lock")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is lost when the machine sleeps too long", async () => {
    const lock = await take(repository);
    vi.setSystemTime(Date.now() + 40 * MINUTE);
    await vi.advanceTimersByTimeAsync(2 * SECOND);
    expect(lock.signal.aborted).toBe(true);
    await lock.release();
    expect(await namesOf(storage, "lock")).toEqual([]);
  });

  it("is released while a refresh is under way, and leaves nothing", async () => {
    for (const operation of ["save", "remove"]) {
      let calls = 0;
      const lock = await held((called, file) => {
        if (called !== operation || file?.type !== "lock") return undefined;
        return calls++ === (operation === "save" ? 1 : 0) ? { kind: "stall" } : undefined;
      });
      await vi.advanceTimersByTimeAsync(5 * MINUTE);
      await lock.release();
      expect(await namesOf(storage, "lock"), operation).toEqual([]);
    }
  });

  it("tries again to remove what it could not", async () => {
    let fail = true;
    const lock = await held((operation) => (operation === "remove" && fail ? { kind: "fail" } : undefined));
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect((await namesOf(storage, "lock")).length).toBe(2);
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    fail = false;
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect(await namesOf(storage, "lock")).toEqual([lock.id]);
    fail = true;
    // Nothing to be done about it; it goes stale.
    await lock.release();
    fail = false;
    await lock.release();
    expect(await namesOf(storage, "lock")).toEqual([]);
  });

  it("that was left behind forbids this process nothing, and everybody else what it always did", async () => {
    const lock = await held((operation) => (operation === "remove" ? { kind: "fail" } : undefined), {
      exclusive: true,
    });
    await lock.release();
    expect(await namesOf(storage, "lock")).toEqual([lock.id]);
    // As others see it, who have no such process, or cannot know what it has left.
    const stored = decodeLock(await repository.loadUnpacked("lock", lock.id), "lock");
    expect(isStale({ ...stored, hostname: "elsewhere" })).toBe(false);
    expect(isStale({ ...stored, time: timeAgo(1) })).toBe(false);
    const next = await take(repository, { exclusive: true });
    expect(await namesOf(storage, "lock")).toEqual([next.id]);
    // One that is held is not taken for one that was left.
    expect(await removeLocks(repository.lockStore, false)).toBe(0);
    await refused(repository);
    await next.release();
  });

  it("leaves nothing when it could not be taken", async () => {
    for (const n of [1, 2, 3]) {
      const plan: FaultPlan = (operation, file, count) =>
        operation === "list" && file?.type === "lock" && count === n + 1 ? { kind: "fail" } : undefined;
      // The first listing is that of the keys.
      await held(plan).then(
        (lock) => lock.release(),
        (error: unknown) => expect(error).toMatchObject({ code: "storage-failed" }),
      );
      expect(await namesOf(storage, "lock")).toEqual([]);
    }
    const failing = held((operation) => (operation === "save" ? { kind: "fail" } : undefined));
    await failure(failing, "storage-failed");
  });

  it("gives the reason of a conflict even if its own lock cannot be removed", async () => {
    const opened = await Repository.open(
      createFaultStorage(storage, (operation) => (operation === "remove" ? { kind: "fail" } : undefined)),
      { password },
    );
    const attempt = opened.lock({ exclusive: false });
    await vi.advanceTimersByTimeAsync(100);
    await saveLock(repository, { exclusive: true });
    await failure(inTime(attempt), "locked");
  });
});

describe("onStored", () => {
  it("is called when the lock is stored, before it is known to hold", async () => {
    const stored: string[][] = [];
    const attempt = repository.lock({
      exclusive: false,
      onStored: () => void namesOf(storage, "lock").then((names) => stored.push(names)),
    });
    let held = false;
    void attempt.then(() => (held = true));
    await vi.advanceTimersByTimeAsync(100);
    expect(stored).toEqual([[expect.any(String)]]);
    expect(held).toBe(false);
    const lock = await inTime(attempt);
    expect(stored).toEqual([[lock.id]]);
    await lock.release();
  });

  it("is not called while another lock forbids ours", async () => {
    await saveLock(repository, { exclusive: true });
    let calls = 0;
    await refused(repository, { onStored: () => calls++ });
    expect(calls).toBe(0);
  });
});

describe("waiting for a lock", () => {
  it("tries again after 5, 10, 20, 40, 60, 60, … seconds, and once more at the end", async () => {
    await saveLock(repository, { exclusive: true });
    const started = Date.now();
    const tries: number[] = [];
    const opened = await Repository.open(
      createFaultStorage(storage, (operation, file) => {
        if (operation === "list" && file?.type === "lock") tries.push((Date.now() - started) / SECOND);
        return undefined;
      }),
      { password },
    );
    const waits: number[] = [];
    const options = { retryForMs: 225 * SECOND, onWait: (ms: number) => waits.push(ms) };
    await refused(opened, options);
    expect(tries).toEqual([0, 5, 15, 35, 75, 135, 195, 225]);
    expect(waits).toEqual([225 * SECOND]);
  });

  it("does not wait at all unless it is told to", async () => {
    await saveLock(repository, { exclusive: true });
    const waits: number[] = [];
    const started = Date.now();
    await refused(repository, { onWait: (ms) => waits.push(ms) });
    expect(waits).toEqual([]);
    expect(Date.now() - started).toBeLessThan(SECOND);
  });

  it("takes the lock as soon as it looks again after the other is gone", async () => {
    const id = await saveLock(repository, { exclusive: true });
    const attempt = repository.lock({ exclusive: true, retryForMs: 10 * MINUTE });
    await vi.advanceTimersByTimeAsync(7 * SECOND);
    await repository.lockStore.removeLock(id);
    const started = Date.now();
    const lock = await inTime(attempt);
    expect(Date.now() - started).toBeLessThan(10 * SECOND);
    await lock.release();
  });

  it("does not wait for a store that fails", async () => {
    const opened = await Repository.open(
      createFaultStorage(storage, (operation) => (operation === "save" ? { kind: "fail" } : undefined)),
      { password },
    );
    const started = Date.now();
    await failure(take(opened, { retryForMs: 10 * MINUTE }), "storage-failed");
    expect(Date.now() - started).toBeLessThan(SECOND);
  });

  it.each([
    ["for another's lock", { exclusive: true }, 3 * SECOND],
    ["for the second look", {}, 100],
  ])("%s ends when the signal is aborted", async (_, lock, after) => {
    const id = "exclusive" in lock ? [await saveLock(repository, lock)] : [];
    const abort = new AbortController();
    const options = { exclusive: false, retryForMs: 10 * MINUTE, signal: abort.signal };
    const attempt = failure(repository.lock(options), "cancelled");
    await vi.advanceTimersByTimeAsync(after);
    abort.abort();
    await attempt;
    expect(await namesOf(storage, "lock")).toEqual(id);
    expect(vi.getTimerCount()).toBe(0);
    await failure(repository.lock(options), "cancelled");
  });

  it("for an unreadable one ends when the signal is aborted", async () => {
    await saveBadLock(storage, sampleBytes(100));
    const abort = new AbortController();
    const attempt = failure(repository.lock({ exclusive: false, signal: abort.signal }), "cancelled");
    await vi.advanceTimersByTimeAsync(3 * SECOND);
    abort.abort();
    await attempt;
    expect(vi.getTimerCount()).toBe(0);
  });
});
