/** Trying again: what, how often, how long, and what an answer that was lost means. */
import { TasticError, type ErrorCode } from "@tastic/errors";
import {
  createFaultStorage,
  createMemoryStorage,
  createRetryStorage,
  type FaultPlan,
  type FileInfo,
  type RetryNotice,
  type Storage,
} from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { failure, fileFor, listed, storageConformance } from "./conformance.js";

const bytes = sampleBytes(100);
const file = fileFor("pack", bytes);
const config = { type: "config", name: "" } as const;
const passing = (data = {}) => new TasticError("storage-failed", "the network is down", { data });

function retrying(plan: FaultPlan, random = () => 0.5) {
  const inner = createMemoryStorage();
  const clock = new FakeClock();
  const notices: RetryNotice[] = [];
  const storage = createRetryStorage(createFaultStorage(inner, plan), {
    clock,
    random,
    onNotice: (notice) => notices.push(notice),
  });
  return { inner, clock, notices, storage };
}

/** Calls of `operation` fail with `error` until the `n`-th. */
const until =
  (operation: string, n: number, error: Error = passing()): FaultPlan =>
  (called, _, count) =>
    called === operation && count < n ? { kind: "fail", error } : undefined;
const always = (operation: string, error?: Error) => until(operation, Infinity, error);
const lostAnswer =
  (operation: string): FaultPlan =>
  (called, _, count) =>
    called === operation && count === 1 ? { kind: "fail", when: "after" } : undefined;

storageConformance("retrying", async () => createRetryStorage(createMemoryStorage()));
// Each first call of a kind, and every third, fails: nothing of that is seen outside. Removing is left out, since what is
// not there after a failed attempt counts as removed by it.
storageConformance("retrying unreliable", async () =>
  createRetryStorage(
    createFaultStorage(createMemoryStorage(), (operation, _file, n) =>
      n % 3 === 1 && operation !== "remove" ? { kind: "fail", error: passing() } : undefined,
    ),
    { clock: new FakeClock() },
  ),
);

describe("a storage that tries again", () => {
  it("waits a second, then twice as long each time, up to a minute", async () => {
    const { storage, clock, notices } = retrying(until("save", 10));
    await storage.save(file, bytes);
    expect(clock.slept).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
    expect(notices[0]).toMatchObject({
      kind: "waiting",
      call: `Save(<data/${file.name.slice(0, 10)}>)`,
      delayMs: 1000,
    });
    expect(notices.at(-1)).toEqual({
      kind: "recovered",
      call: `Save(<data/${file.name.slice(0, 10)}>)`,
      retries: 9,
    });
    expect(notices).toHaveLength(10);
  });

  it("shifts each wait at random by up to a half", async () => {
    for (const [random, expected] of [
      [0, 500],
      [0.999, 1499],
    ] as const) {
      const { storage, clock } = retrying(until("stat", 2), () => random);
      await storage.save(file, bytes);
      await storage.stat(file);
      expect(clock.slept.map((ms) => Math.round(ms))).toEqual([expected]);
    }
  });

  it("gives up after a quarter of an hour", async () => {
    const { storage, clock, notices } = retrying(always("save"));
    const error = await failure(storage.save(file, bytes), "storage-failed");
    expect(error.message).toBe("the network is down");
    expect(clock.now()).toBeLessThanOrEqual(15 * 60_000);
    expect(clock.now()).toBeGreaterThan(13 * 60_000);
    expect(notices.at(-1)).toMatchObject({ kind: "failed" });
  });

  it("tries once more even if the first attempt took all the time there is", async () => {
    const inner = createMemoryStorage();
    const clock = new FakeClock();
    let attempts = 0;
    const slow: Storage = {
      ...storageOf(inner),
      async save(target, content) {
        if (++attempts > 1) return inner.save(target, content);
        await clock.sleep(60 * 60_000);
        throw passing();
      },
    };
    await createRetryStorage(slow, { clock }).save(file, bytes);
    expect(attempts).toBe(2);
  });

  it.each<ErrorCode>([
    "access-denied",
    "not-found",
    "invalid-argument",
    "already-exists",
    "no-space",
    "unsupported",
    "invalid-format",
    "limit-exceeded",
    "cancelled",
    "internal",
  ])("does not try again what ended with %s", async (code) => {
    const { storage, clock, notices } = retrying(always("load", new TasticError(code, "no")));
    await failure(storage.load(file), code);
    expect(clock.slept).toEqual([]);
    expect(notices).toEqual([]);
  });

  it("does not try again what is known to last, or is a defect", async () => {
    for (const error of [
      passing({ permanent: true }),
      passing({ systemCode: "ENOTDIR" }),
      new TypeError("undefined is not a function"),
    ]) {
      const { storage, clock } = retrying(always("stat", error));
      await expect(storage.stat(file)).rejects.toBe(error);
      expect(clock.slept).toEqual([]);
    }
  });

  it("does not try again with content that was taken away", async () => {
    const error = passing();
    let calls = 0;
    const inner: Storage = {
      ...createMemoryStorage(),
      save(_file, _content, options) {
        calls++;
        options?.onTaken?.();
        return Promise.reject(error);
      },
    };
    const storage = createRetryStorage(inner, { clock: new FakeClock() });
    let taken = 0;
    await expect(storage.save(file, bytes, { onTaken: () => taken++ })).rejects.toBe(error);
    expect({ calls, taken }).toEqual({ calls: 1, taken: 1 });
  });

  it("waits as long as the server asks for", async () => {
    const { storage, clock } = retrying(until("load", 2, passing({ retryAfterMs: 7500 })));
    await storage.save(file, bytes);
    await storage.load(file);
    expect(clock.slept).toEqual([7500]);
  });

  it("stops when the caller does", async () => {
    const { storage } = retrying(always("load"));
    const controller = new AbortController();
    const loading = storage.load(file, undefined, { signal: controller.signal });
    controller.abort();
    await failure(loading, "cancelled");
  });

  it("loads an object that was given up once only for an hour", async () => {
    const { storage, clock } = retrying(until("load", 40));
    await storage.save(file, bytes);
    await failure(storage.load(file), "storage-failed");
    const waits = clock.slept.length;
    await failure(storage.load(file, { offset: 1, length: 2 }), "storage-failed");
    expect(clock.slept.length).toBe(waits);
    await clock.sleep(61 * 60_000);
    expect((await storage.load(file)).length).toBe(100);
  });

  it("takes what it finds stored after a lost answer for its own", async () => {
    for (const target of [file, config]) {
      const { inner, storage } = retrying(lostAnswer("save"));
      await storage.save(target, [bytes.subarray(0, 40), bytes.subarray(40)]);
      expect(await inner.load(target)).toEqual(bytes);
    }
  });

  it("does not take somebody else's config for its own", async () => {
    const { inner, storage } = retrying((operation, _, n) =>
      operation === "save" && n === 1 ? { kind: "fail" } : undefined,
    );
    await inner.save(config, sampleBytes(90, 2));
    await failure(storage.save(config, bytes), "already-exists");
    expect(await inner.load(config)).toEqual(sampleBytes(90, 2));
  });

  it("takes a config for its own that a network has sent twice", async () => {
    const { inner, storage } = retrying((operation) =>
      operation === "save" ? { kind: "repeat" } : undefined,
    );
    await storage.save(config, bytes);
    expect(await inner.load(config)).toEqual(bytes);
  });

  it("replaces what a server that overwrites nothing kept of a broken attempt", async () => {
    const inner = createMemoryStorage();
    const refusing: Storage = {
      ...storageOf(inner),
      async save(target, content) {
        if ((await listed(inner, target.type)).has(target.name))
          throw new TasticError("already-exists", "there is one");
        await inner.save(target, content);
      },
    };
    let attempts = 0;
    const breaking: Storage = {
      ...storageOf(refusing),
      async save(target, content) {
        if (++attempts > 1) return refusing.save(target, content);
        await inner.save(target, bytes.subarray(0, 10));
        throw passing();
      },
    };
    await createRetryStorage(breaking, { clock: new FakeClock() }).save(file, bytes);
    expect(await inner.load(file)).toEqual(bytes);
  });

  it("takes 403 for what it is unless the bytes are there", async () => {
    const denied = new TasticError("access-denied", "403");
    const plan: FaultPlan = (operation, _, n) =>
      operation !== "save"
        ? undefined
        : n === 1
          ? { kind: "fail", when: "after" }
          : { kind: "fail", error: denied };
    const { storage } = retrying(plan);
    await storage.save(file, bytes);
    const { storage: never } = retrying((operation, _, n) =>
      operation === "save" ? { kind: "fail", error: n === 1 ? passing() : denied } : undefined,
    );
    await failure(never.save(file, bytes), "access-denied");
  });

  it("has removed what is gone after a lost answer, and nothing else", async () => {
    const { inner, storage } = retrying(lostAnswer("remove"));
    await storage.save(file, bytes);
    await storage.remove(file);
    expect((await listed(inner, "pack")).size).toBe(0);
    await failure(storage.remove(file), "not-found");
  });

  it("begins a listing that breaks again, and tells no object twice", async () => {
    const { inner, storage, clock, notices } = retrying((operation, _, n) =>
      operation === "list" && n < 4 ? { kind: "fail", objects: n * 2, error: passing() } : undefined,
    );
    for (let seed = 1; seed <= 20; seed++) {
      const content = sampleBytes(10, seed);
      await inner.save(fileFor("index", content), content);
    }
    expect(await listed(storage, "index")).toEqual(await listed(inner, "index"));
    expect(clock.slept).toEqual([1000, 2000, 4000]);
    expect(notices.at(-1)).toEqual({ kind: "recovered", call: "List(index)", retries: 3 });
  });

  it("fails a listing that goes on breaking", async () => {
    const { inner, storage } = retrying((operation) =>
      operation === "list" ? { kind: "fail", objects: 1, error: passing() } : undefined,
    );
    await inner.save(file, bytes);
    const seen: FileInfo[] = [];
    const listing = (async () => {
      for await (const info of storage.list("pack")) seen.push(info);
    })();
    await failure(listing, "storage-failed");
    expect(seen).toHaveLength(1);
  });
});

/** The operations of a storage that may be a class, to replace some. */
function storageOf(inner: Storage): Storage {
  return {
    location: inner.location,
    connections: inner.connections,
    prepare: () => inner.prepare(),
    save: (...given) => inner.save(...given),
    load: (...given) => inner.load(...given),
    stat: (...given) => inner.stat(...given),
    list: (...given) => inner.list(...given),
    remove: (...given) => inner.remove(...given),
    close: () => inner.close(),
  };
}
