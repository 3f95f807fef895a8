/** The watchdog, the slots that follow what a store can take, and the limits of bytes a second. */
import { TasticError } from "@tastic/errors";
import {
  createConcurrencyStorage,
  createFaultStorage,
  createLimitStorage,
  createMemoryStorage,
  createRetryStorage,
  createWatchdogStorage,
  type Storage,
} from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { AdaptiveSlots } from "../dist/concurrency-storage.js";
import { failure, fileFor, listed, storageConformance } from "./conformance.js";

const bytes = sampleBytes(100_000);
const file = fileFor("pack", bytes);

storageConformance("watched", async () => createWatchdogStorage(createMemoryStorage(), { timeout: 60_000 }));
storageConformance("limited", async () =>
  createLimitStorage(createMemoryStorage(), { upload: 1e6, download: 1e6, clock: new FakeClock() }),
);
storageConformance("concurrent", async () => createConcurrencyStorage(createMemoryStorage()));
storageConformance("fully layered", async () => {
  const clock = new FakeClock();
  const watched = createWatchdogStorage(createMemoryStorage(), { timeout: 300_000 });
  const limited = createLimitStorage(watched, { upload: 1e6, download: 1e6, clock });
  return createRetryStorage(createConcurrencyStorage(limited), { clock });
});

describe("the watchdog", () => {
  it.each(["save", "load", "stat", "list", "remove"] as const)(
    "gives up a %s that is stuck",
    async (operation) => {
      const clock = new FakeClock();
      const inner = createMemoryStorage();
      await inner.save(file, bytes);
      const storage = createWatchdogStorage(
        createFaultStorage(inner, (called) => (called === operation ? { kind: "stall" } : undefined)),
        { timeout: 300_000, clock },
      );
      const calls = {
        save: () => storage.save(file, bytes),
        load: () => storage.load(file),
        stat: () => storage.stat(file),
        list: () => listed(storage, "pack"),
        remove: () => storage.remove(file),
      };
      const error = await failure(calls[operation](), "storage-failed");
      expect(error.message).toContain("no answer for 300 seconds");
      // On top comes the time that the bytes take on a slow line, since the storage tells of none.
      expect(clock.now()).toBeGreaterThanOrEqual(300_000);
      if (operation === "save") expect(clock.now()).toBeLessThan(307_000);
    },
  );

  it("lets the layer above try again", async () => {
    const clock = new FakeClock();
    const inner = createMemoryStorage();
    const stuck = createFaultStorage(inner, (operation, _, n) =>
      operation === "save" && n === 1 ? { kind: "stall" } : undefined,
    );
    const storage = createRetryStorage(createWatchdogStorage(stuck, { timeout: 60_000, clock }), { clock });
    await storage.save(file, bytes);
    expect(await inner.load(file)).toEqual(bytes);
  });

  it("waits as long as bytes move, and while they are held back", async () => {
    const clock = new FakeClock();
    const slow = storageOf(createMemoryStorage());
    slow.save = async (_file, _content, options) => {
      for (let i = 0; i < 20; i++) {
        await clock.sleep(50_000);
        await options?.traffic?.upload(5000);
      }
    };
    const watched = createWatchdogStorage(slow, { timeout: 60_000, clock });
    await createLimitStorage(watched, { upload: 10_000, clock }).save(file, bytes);
    // Each piece is held back by a quarter of a second.
    expect(clock.now()).toBe(1_005_000);
  });

  it("says that the caller has cancelled where that is so", async () => {
    const stalled = createFaultStorage(createMemoryStorage(), () => ({ kind: "stall" }));
    const storage = createWatchdogStorage(stalled, { timeout: 60_000 });
    const controller = new AbortController();
    const loading = storage.load(file, undefined, { signal: controller.signal });
    controller.abort();
    await failure(loading, "cancelled");
  });

  it("does not let go of what is being saved before that has ended", async () => {
    const clock = new FakeClock();
    const stubborn = storageOf(createMemoryStorage());
    let ended = false;
    stubborn.save = async () => {
      await clock.sleep(500_000);
      ended = true;
      throw new Error("at last");
    };
    const storage = createWatchdogStorage(stubborn, { timeout: 60_000, clock });
    await failure(storage.save(file, bytes), "storage-failed");
    expect(ended).toBe(true);
  });
});

describe("the limits", () => {
  it.each([
    ["told of", true],
    ["not told of", false],
  ] as const)("hold for bytes that are %s", async (_, tells) => {
    const clock = new FakeClock();
    const store = storageOf(createMemoryStorage());
    const { save, load } = store;
    if (tells) {
      store.save = async (target, content, options) => {
        for (let i = 0; i < 10; i++) await options?.traffic?.upload(10_000);
        await save(target, content);
      };
      store.load = async (target, range, options) => {
        const loaded = await load(target, range);
        for (let i = 0; i < 10; i++) await options?.traffic?.download(10_000);
        return loaded;
      };
    }
    const storage = createLimitStorage(store, { upload: 10_000, download: 50_000, clock });
    await Promise.all([1, 2, 3].map(() => storage.save(file, bytes)));
    // 300,000 bytes at 10,000 a second, less what may go at once.
    expect(clock.now()).toBeGreaterThan(29_000);
    expect(clock.now()).toBeLessThanOrEqual(30_000);
    const before = clock.now();
    await Promise.all([1, 2, 3].map(() => storage.load(file)));
    expect(clock.now() - before).toBeGreaterThan(5700);
    expect(clock.now() - before).toBeLessThanOrEqual(6000);
  });

  it("do not keep anybody who gives up", async () => {
    const clock = new FakeClock();
    const inner = createMemoryStorage();
    await inner.save(file, bytes);
    const storage = createLimitStorage(inner, { download: 1, clock });
    const controller = new AbortController();
    const loading = storage.load(file, undefined, { signal: controller.signal });
    controller.abort();
    await failure(loading, "cancelled");
    expect(clock.now()).toBe(0);
  });
});

describe("the slots of a store", () => {
  const throttled = new TasticError("storage-failed", "slow down", { data: { throttled: true } });

  it("are no more than it has connections, but for locks", async () => {
    const gate = makeGate();
    let running = 0;
    let most = 0;
    const counting: Storage = storageOf(createMemoryStorage());
    counting.load = async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return new Uint8Array(0);
    };
    const storage = createConcurrencyStorage(counting);
    const loads = Array.from({ length: 9 }, () => storage.load(file));
    await settled();
    expect(running).toBe(counting.connections);
    const lock = storage.load(fileFor("lock", bytes));
    await settled();
    expect(running).toBe(counting.connections + 1);
    gate.open();
    await Promise.all([...loads, lock]);
    expect(most).toBe(counting.connections + 1);
  });

  it("become fewer when the store asks for it, once for all that were under way, and more again", async () => {
    const slots = new AdaptiveSlots(8);
    const fail = () => slots.use(() => Promise.reject(throttled)).catch(() => undefined);
    await Promise.all(Array.from({ length: 8 }, fail));
    expect(slots.allowed).toBe(4);
    await fail();
    await fail();
    await fail();
    expect(slots.allowed).toBe(1);
    for (let i = 0; i < 10; i++) await slots.use(async () => undefined);
    expect(slots.allowed).toBe(2);
    for (let i = 0; i < 10 * (2 + 3 + 4 + 5 + 6 + 7) + 100; i++) await slots.use(async () => undefined);
    expect(slots.allowed).toBe(8);
  });

  it("are not lost by those who give up while they wait", async () => {
    const slots = new AdaptiveSlots(1);
    const gate = makeGate();
    const first = slots.use(() => gate.promise);
    const controller = new AbortController();
    const given = [1, 2].map(() => slots.use(async () => undefined, controller.signal));
    const last = slots.use(async () => "done");
    controller.abort();
    for (const waiting of given) await failure(waiting, "cancelled");
    gate.open();
    await first;
    expect(await last).toBe("done");
  });
});

function makeGate() {
  let open!: () => void;
  const promise = new Promise<void>((done) => (open = done));
  return { promise, open };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** The operations of a storage that may be a class, to replace some. */
function storageOf(inner: Storage): { -readonly [K in keyof Storage]: Storage[K] } {
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
