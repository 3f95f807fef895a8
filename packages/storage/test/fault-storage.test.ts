import { createFaultStorage, createMemoryStorage, type Fault, type FaultPlan } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { flipped, sampleBytes } from "../../../test/support/bytes.js";
import { failure, fileFor, listed } from "./conformance.js";

const bytes = sampleBytes(100);
const file = fileFor("pack", bytes);

async function withFaults(plan: FaultPlan) {
  const inner = createMemoryStorage();
  return { inner, storage: createFaultStorage(inner, plan) };
}

const only =
  (operation: string, fault: Fault): FaultPlan =>
  (called) =>
    called === operation ? fault : undefined;

describe("a storage with faults", () => {
  it("counts the calls of each operation and says what they are about", async () => {
    const calls: unknown[] = [];
    const { storage } = await withFaults((...call) => void calls.push(call));
    await storage.prepare();
    await storage.save(file, bytes);
    await storage.load(file);
    await storage.load(file);
    await listed(storage, "pack");
    await storage.stat(file);
    await storage.remove(file);
    expect(calls).toEqual([
      ["prepare", undefined, 1],
      ["save", file, 1],
      ["load", file, 1],
      ["load", file, 2],
      ["list", { type: "pack", name: "" }, 1],
      ["stat", file, 1],
      ["remove", file, 1],
    ]);
  });

  it("fails before or after the work is done", async () => {
    const early = await withFaults(only("save", { kind: "fail" }));
    await failure(early.storage.save(file, bytes), "storage-failed");
    expect((await listed(early.inner, "pack")).size).toBe(0);
    const late = await withFaults(only("save", { kind: "fail", when: "after" }));
    await failure(late.storage.save(file, bytes), "storage-failed");
    expect((await listed(late.inner, "pack")).size).toBe(1);
  });

  it("fails with the error that it is given, in one call of several", async () => {
    const error = new Error("the one");
    const { storage } = await withFaults((operation, _, n) =>
      operation === "stat" && n === 2 ? { kind: "fail", error } : undefined,
    );
    await storage.save(file, bytes);
    await storage.stat(file);
    await expect(storage.stat(file)).rejects.toBe(error);
    await storage.stat(file);
  });

  it("fails in listings, at the beginning or the end", async () => {
    for (const [when, count] of [
      ["before", 0],
      ["after", 1],
    ] as const) {
      const { storage } = await withFaults(only("list", { kind: "fail", when }));
      await storage.save(file, bytes);
      let seen = 0;
      const listing = (async () => {
        for await (const _ of storage.list("pack")) seen++;
      })();
      await failure(listing, "storage-failed");
      expect(seen).toBe(count);
    }
  });

  it("stalls until it may go on, or is cancelled", async () => {
    const events: string[] = [];
    const gate = makeGate();
    const { storage } = await withFaults((operation, _, n) => {
      if (operation !== "load") return undefined;
      return n === 1 ? { kind: "stall", until: gate.promise } : { kind: "stall" };
    });
    await storage.save(file, bytes);
    const loading = storage.load(file).then(() => events.push("loaded"));
    await storage.stat(file);
    events.push("opened");
    gate.open();
    await loading;
    expect(events).toEqual(["opened", "loaded"]);

    const controller = new AbortController();
    const stalled = storage.load(file, undefined, { signal: controller.signal });
    controller.abort();
    await failure(stalled, "cancelled");
  });

  it("loses the end of what is saved, loaded, looked at and listed", async () => {
    const saving = await withFaults(only("save", { kind: "truncate", length: 60 }));
    await saving.storage.save(file, [bytes.subarray(0, 50), bytes.subarray(50)]);
    expect(await saving.inner.load(file)).toEqual(bytes.slice(0, 60));
    for (const operation of ["load", "stat", "list"]) {
      const { storage } = await withFaults(only(operation, { kind: "truncate", length: 1 }));
      for (const seed of [1, 2, 3]) {
        const content = sampleBytes(100, seed);
        await storage.save(fileFor("pack", content), content);
      }
      expect((await storage.load(file)).length).toBe(operation === "load" ? 1 : 100);
      expect((await storage.stat(file)).size).toBe(operation === "stat" ? 1 : 100);
      expect((await listed(storage, "pack")).size).toBe(operation === "list" ? 1 : 3);
    }
  });

  it("changes one bit of what is saved or loaded, and not the caller's bytes", async () => {
    const saving = await withFaults(only("save", { kind: "corrupt", offset: 7 }));
    await saving.storage.save(file, bytes);
    expect(bytes).toEqual(sampleBytes(100));
    expect(await saving.inner.load(file)).toEqual(flipped(bytes, 7));
    const loading = await withFaults(only("load", { kind: "corrupt", offset: -1 }));
    await loading.storage.save(file, bytes);
    expect(await loading.storage.load(file)).toEqual(flipped(bytes, -1));
    expect(await loading.inner.load(file)).toEqual(bytes);
    await failure(loading.storage.load(file, { offset: 0, length: 0 }), "invalid-argument");
  });
});

function makeGate() {
  let open!: () => void;
  const promise = new Promise<void>((done) => (open = done));
  return { promise, open };
}
