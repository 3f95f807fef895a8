import { createMemoryStorage, createReadOnlyStorage } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { failure, fileFor, listed } from "./conformance.js";

describe("a read-only storage", () => {
  it("reads like the one below it", async () => {
    const inner = createMemoryStorage();
    const bytes = sampleBytes(100);
    const file = fileFor("pack", bytes);
    await inner.save(file, bytes);
    const storage = createReadOnlyStorage(inner);
    expect(storage.location).toBe(inner.location);
    expect(await storage.load(file, { offset: 3, length: 4 })).toEqual(bytes.slice(3, 7));
    expect(await storage.stat(file)).toEqual({ name: file.name, size: 100 });
    expect((await listed(storage, "pack")).size).toBe(1);
  });

  it("changes nothing", async () => {
    const inner = createMemoryStorage();
    const bytes = sampleBytes(100);
    const file = fileFor("pack", bytes);
    await inner.save(file, bytes);
    const storage = createReadOnlyStorage(inner);
    const other = sampleBytes(5, 2);
    await failure(storage.prepare(), "access-denied");
    await failure(storage.save(fileFor("pack", other), other), "access-denied");
    await failure(storage.remove(file), "access-denied");
    expect(await listed(inner, "pack")).toEqual(new Map([[file.name, 100]]));
  });
});
