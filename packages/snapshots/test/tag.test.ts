import { isTasticError } from "@tastic/errors";
import type { BlobId, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { createFaultStorage, createMemoryStorage } from "@tastic/storage";
import type { FaultPlan, StorageOperation } from "@tastic/storage";
import { expect, test } from "vitest";
import { changeTags, listSnapshots, tagSnapshots } from "../dist/index.js";
import type { StoredSnapshot, TagChange, TagEvent } from "../dist/index.js";
import { SampleRepository } from "./sample-repository.js";

test.each<[string[], TagChange, string[] | undefined]>([
  [["a"], { set: ["x", "y"] }, ["x", "y"]],
  [["a"], { set: ["a"] }, ["a"]],
  [["a"], { set: [] }, []],
  [["a"], { add: ["b", "a", "b"] }, ["a", "b"]],
  [["a"], { add: ["a"] }, undefined],
  [["a"], { remove: ["b"] }, undefined],
  [["a"], { remove: ["a"] }, []],
  // The last takes the place of the one that goes, as in restic.
  [["a", "b", "c", "d"], { remove: ["a"] }, ["d", "b", "c"]],
  [["a", "b", "c", "d"], { remove: ["a", "d"] }, ["c", "b"]],
  [["a", "b", "c"], { remove: ["c"] }, ["a", "b"]],
  [["a"], { add: ["b"], remove: ["a"] }, ["b"]],
  [["a"], { add: ["b"], remove: ["b"] }, ["a"]],
  [["a", "a"], { remove: ["a"] }, ["a"]],
])("tags %j with %j become %j", (tags, change, expected) => {
  const before = [...tags];
  expect(changeTags(tags, change)).toEqual(expected);
  expect(tags).toEqual(before);
});

const saved = {
  time: "2024-01-01T00:00:00+01:00",
  tree: "ab".repeat(32) as BlobId,
  paths: ["/b", "/a"],
  hostname: "h",
};

async function sample(plan: FaultPlan = () => undefined) {
  const calls: StorageOperation[] = [];
  const storage = createFaultStorage(createMemoryStorage(), (operation, ...rest) => {
    calls.push(operation);
    return plan(operation, ...rest);
  });
  const { repository } = await SampleRepository.create(storage);
  const first = await repository.saveSnapshot({
    ...saved,
    tags: ["a"],
    excludes: ["*.o"],
    programVersion: "p 1",
  });
  const second = await repository.saveSnapshot({ ...saved, tags: ["b"], time: "2024-01-02T00:00:00Z" });
  calls.length = 0;
  return { repository, first, second, calls };
}

async function run(repository: Repository, snapshots: readonly StoredSnapshot[], change: TagChange) {
  const events: TagEvent[] = [];
  const result = await tagSnapshots(repository, snapshots, change, {
    onEvent: (event) => events.push(event),
  });
  return { result, events };
}

test("a snapshot is stored anew with other tags before the old one goes, and remembers its first id", async () => {
  const { repository, first, second, calls } = await sample();
  const before = await listSnapshots(repository);
  calls.length = 0;
  const { result, events } = await run(repository, before, { add: ["b", "c"], remove: ["a"] });
  expect(calls).toEqual(["save", "remove", "save", "remove"]);
  expect(result).toEqual({ changed: 2, failed: 0 });
  const after = await listSnapshots(repository);
  expect(events).toEqual([
    { type: "changed", oldId: first, newId: after[0]?.id },
    { type: "changed", oldId: second, newId: after[1]?.id },
  ]);
  expect(after).toEqual([
    { ...before[0], id: after[0]?.id, tags: ["c", "b"], original: first },
    { ...before[1], id: after[1]?.id, tags: ["b", "c"], original: second },
  ]);
  await run(repository, after, { set: ["z"] });
  const again = await listSnapshots(repository);
  expect(again.map(({ tags, original }) => [tags, original])).toEqual([
    [["z"], first],
    [["z"], second],
  ]);
});

test("snapshots that have the tags already stay as they are", async () => {
  const { repository, first } = await sample();
  const { result, events } = await run(repository, await listSnapshots(repository), { add: ["a"] });
  expect(result.changed).toBe(1);
  expect(events).toHaveLength(1);
  expect(await repository.list<SnapshotId>("snapshot")).toContain(first);
});

test("where the new one cannot be stored, the old one stays; the others are changed", async () => {
  const { repository, first } = await sample((operation, _, n) =>
    operation === "save" && n === 5 ? { kind: "fail" } : undefined,
  );
  const { result, events } = await run(repository, await listSnapshots(repository), { set: ["x"] });
  expect(result).toEqual({ changed: 1, failed: 1 });
  expect(events[0]).toMatchObject({ type: "error", id: first, error: { code: "storage-failed" } });
  expect(events[0]).not.toHaveProperty("newId");
  expect((await listSnapshots(repository)).map(({ tags }) => tags)).toEqual([["a"], ["x"]]);
});

test("where the old one cannot be removed, both stay, and it is told of", async () => {
  const { repository, first } = await sample((operation, _, n) =>
    operation === "remove" && n === 1 ? { kind: "fail" } : undefined,
  );
  const { result, events } = await run(repository, await listSnapshots(repository), { set: ["x"] });
  expect(result).toEqual({ changed: 1, failed: 1 });
  const after = await listSnapshots(repository);
  expect(after.map(({ tags = [] }) => tags.join("")).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "a",
    "x",
    "x",
  ]);
  const successor = after.find(({ original }) => original === first)?.id;
  expect(events[0]).toMatchObject({ type: "error", id: first, newId: successor });
});

test("cancelling stops between two snapshots", async () => {
  const { repository } = await sample();
  const stop = new AbortController();
  const tagging = tagSnapshots(
    repository,
    await listSnapshots(repository),
    { set: ["x"] },
    { signal: stop.signal, onEvent: () => stop.abort() },
  );
  await expect(tagging).rejects.toSatisfy((error) => isTasticError(error, "cancelled"));
  expect((await listSnapshots(repository)).map(({ tags }) => tags)).toEqual([["x"], ["b"]]);
});

test.each<[TagChange, string]>([
  [{}, "nothing to do!"],
  [{ add: [], remove: [] }, "nothing to do!"],
  [{ set: [], add: ["a"] }, "--set and --add/--remove cannot be given at the same time"],
])("%j is refused", async (change, message) => {
  const { repository } = await sample();
  await expect(tagSnapshots(repository, [], change)).rejects.toThrow(message);
});
