import { isTasticError } from "@tastic/errors";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { createSnapshotFilter } from "../dist/snapshot-filter.js";
import {
  findLatest,
  findSnapshot,
  findSnapshots,
  listSnapshots,
  resolveIdPrefix,
  splitSnapshotId,
} from "../dist/snapshot-lookup.js";
import { snapshot, storeOf } from "./stored-snapshots.js";

const old = snapshot("aa1", { time: "2020-01-01T00:00:00+01:00", hostname: "h1" });
const middle = snapshot("aa2", { time: "2020-01-01T00:00:00Z", hostname: "h2", paths: [process.cwd()] });
const young = snapshot("b", { time: "2020-01-02T00:00:00.5Z", hostname: "h1" });
const future = snapshot("f", { time: "9020-01-01T00:00:00Z", hostname: "h1" });
const all = [young, future, old, middle];

async function ignoredAndFound(
  texts: readonly string[],
  options = {},
  store = storeOf(all),
): Promise<string[]> {
  const lines: string[] = [];
  const found = await findSnapshots(store, texts, createSnapshotFilter(options), (text, message) =>
    lines.push(`Ignoring ${JSON.stringify(text)}: ${message}`),
  );
  return [...lines, ...found.map(({ id }) => id.replace(/0+$/, ""))];
}

test("snapshots are listed oldest first, whatever their zone", async () => {
  expect(await listSnapshots(storeOf(all))).toEqual([old, middle, young, future]);
  expect(await listSnapshots(storeOf([]))).toEqual([]);
});

test("the latest is the newest that the filter lets through, even if it lies in the future", () => {
  expect(findLatest(all, createSnapshotFilter())).toBe(future);
  const now = BigInt(Date.now()) * 1_000_000n;
  expect(findLatest(all, createSnapshotFilter(), now)).toBe(young);
  expect(findLatest(all, createSnapshotFilter({ hosts: ["h2"] }))).toBe(middle);
  expect(findLatest(all, createSnapshotFilter({ hosts: ["none"] }))).toBeUndefined();
  expect(findLatest(all, createSnapshotFilter(), 1_577_836_800_000_000_000n)).toBe(middle);
  expect(findLatest(all, createSnapshotFilter(), 1_577_836_799_999_999_999n)).toBe(old);
});

test("for the latest, relative paths count from the working directory", () => {
  const relative = `../${basename(process.cwd())}`;
  expect(findLatest(all, createSnapshotFilter({ paths: [relative] }))).toBe(middle);
});

test.each([
  ["latest", "f", ""],
  ["latest:sub/folder", "f", "sub/folder"],
  ["aa1", "aa1", ""],
  ["aa2:x:y", "aa2", "x:y"],
  ["b:", "b", ""],
  [young.id, "b", ""],
])("%s is found", async (text, id, subfolder) => {
  const found = await findSnapshot(storeOf(all), text);
  expect(found).toEqual({ snapshot: all.find((one) => one.id === id.padEnd(64, "0")), subfolder });
});

test.each([
  ["nosuch", "not-found", 'no matching ID found for prefix "nosuch"'],
  ["aa", "ambiguous-id", 'multiple IDs with prefix "aa" found'],
  ["", "ambiguous-id", 'multiple IDs with prefix "" found'],
  ["AA1", "not-found", 'no matching ID found for prefix "AA1"'],
  ["latest~0", "not-found", 'no matching ID found for prefix "latest~0"'],
] as const)("%j is refused", async (text, code, message) => {
  const error: unknown = await findSnapshot(storeOf(all), text).catch((thrown: unknown) => thrown);
  expect(isTasticError(error, code)).toBe(true);
  expect((error as Error).message).toBe(message);
});

test("that nothing matches is said with the filter", async () => {
  const filter = createSnapshotFilter({ hosts: ["zz"], tags: [["a", "b"], ["c"]] });
  await expect(findSnapshot(storeOf(all), "latest", filter)).rejects.toThrow(
    "snapshot filter (Paths:[] Tags:[[a, b] [c]] Hosts:[zz]): no snapshot found",
  );
});

test("the latest cannot be told while a snapshot is damaged", async () => {
  const store = storeOf(all);
  store.damaged.add(old.id);
  await expect(findSnapshot(store, "latest")).rejects.toThrow("Error loading snapshot aa100000: ");
  expect((await findSnapshot(store, "b")).snapshot).toEqual(young);
});

test("a whole id needs no list", async () => {
  const store = storeOf(all);
  await findSnapshot(store, young.id);
  expect(store.lists).toBe(0);
});

test("several names are found in their order, each once, with one list", async () => {
  const store = storeOf(all);
  expect(await ignoredAndFound(["b", "aa1", "latest", "b0"], {}, store)).toEqual(["b", "aa1", "f"]);
  expect(store.lists).toBe(1);
});

test("what cannot be found is reported in restic's words, and the rest is found", async () => {
  expect(await ignoredAndFound(["nosuch", "aa", "b:x", "latest:x", "b"])).toEqual([
    'Ignoring "nosuch": no matching ID found for prefix "nosuch"',
    'Ignoring "aa": multiple IDs with prefix "aa" found',
    'Ignoring "b:x": <snapshot>:<subfolder> syntax not allowed',
    'Ignoring "latest:x": <snapshot>:<subfolder> syntax not allowed',
    "b",
  ]);
  expect(await ignoredAndFound(["latest"], { hosts: ["zz"] })).toEqual([
    'Ignoring "latest": no snapshot matched given filter (Paths:[] Tags:[] Hosts:[zz])',
  ]);
});

test("a filter beside names is reported as useless, but not beside latest", async () => {
  expect(await ignoredAndFound(["b"], { hosts: ["h2"] })).toEqual([
    'Ignoring "filters": explicit snapshot ids are given',
    "b",
  ]);
  expect(await ignoredAndFound(["b", "latest"], { hosts: ["h2"] })).toEqual(["b", "aa2"]);
});

test("without names, the filter decides, and damaged snapshots are reported", async () => {
  const store = storeOf(all);
  store.damaged.add(young.id);
  expect(await ignoredAndFound([], { hosts: ["h1"] }, store)).toEqual([
    `Ignoring "${young.id}": snapshot ${young.id} is damaged`,
    "aa1",
    "f",
  ]);
});

test("prefixes and subfolders are taken apart", () => {
  expect(resolveIdPrefix(["ab", "ac"], "ac")).toBe("ac");
  expect(() => resolveIdPrefix([], "")).toThrow("no matching ID found");
  expect(splitSnapshotId("a:b:c")).toEqual({ id: "a", subfolder: "b:c" });
  expect(splitSnapshotId("a")).toEqual({ id: "a", subfolder: "" });
});
