import { isTasticError, TasticError } from "@tastic/errors";
import type { BlobId, Snapshot, SnapshotId } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { createFaultStorage, createMemoryStorage } from "@tastic/storage";
import type { FaultPlan } from "@tastic/storage";
import { expect, test } from "vitest";
import { createSnapshotFilter, forget, parseGroupBy } from "../dist/index.js";
import type { ForgetEvent, ForgetOptions, ForgetResult } from "../dist/index.js";
import { SampleRepository } from "./sample-repository.js";

const tree = "ab".repeat(32) as BlobId;

/** Three snapshots of host h, one of host other. */
async function repositoryWithSnapshots(plan: FaultPlan = () => undefined) {
  const storage = createFaultStorage(createMemoryStorage(), plan);
  const { repository } = await SampleRepository.create(storage);
  const save = (day: number, more: Partial<Snapshot> = {}): Promise<SnapshotId> =>
    repository.saveSnapshot({
      time: `2024-01-0${day}T00:00:00Z`,
      tree,
      paths: ["/x"],
      hostname: "h",
      ...more,
    });
  const ids = [await save(1), await save(2), await save(3), await save(4, { hostname: "other" })] as const;
  return { repository, ids };
}

interface Run {
  readonly events: readonly ForgetEvent[];
  readonly result: ForgetResult;
}

async function run(repository: Repository, options: ForgetOptions): Promise<Run> {
  const events: ForgetEvent[] = [];
  const result = await forget(repository, { ...options, onEvent: (event) => events.push(event) });
  return { events, result };
}

const left = async (repository: Repository): Promise<SnapshotId[]> =>
  (await repository.list<SnapshotId>("snapshot")).sort();

test("what a policy does not keep is removed, group by group, and told as it happens", async () => {
  const { repository, ids } = await repositoryWithSnapshots();
  const { events, result } = await run(repository, { policy: { counts: { last: 1 } } });
  expect(await left(repository)).toEqual([ids[2], ids[3]].sort());
  expect([...result.removed].sort()).toEqual([ids[0], ids[1]].sort());
  expect(result.failed).toEqual([]);
  expect(result.groups.map(({ key, keep, remove }) => [key.hostname, keep.length, remove.length])).toEqual([
    ["h", 1, 2],
    ["other", 1, 0],
  ]);
  expect(events.map(({ type }) => type)).toEqual([
    "policy",
    "group",
    "group",
    "decided",
    "removed",
    "removed",
  ]);
  expect(events.at(-1)).toMatchObject({ done: 2, total: 2 });
});

test("a dry run decides the same and removes nothing", async () => {
  const { repository, ids } = await repositoryWithSnapshots((operation) =>
    operation === "remove" ? { kind: "fail" } : undefined,
  );
  const { events, result } = await run(repository, { policy: { counts: { last: 1 } }, dryRun: true });
  expect(await left(repository)).toEqual([...ids].sort());
  expect([...result.removed].sort()).toEqual([ids[0], ids[1]].sort());
  expect(events.map(({ type }) => type)).toEqual(["policy", "group", "group", "decided"]);
});

test("named snapshots are removed whatever the policy, each once", async () => {
  const { repository, ids } = await repositoryWithSnapshots();
  const names = [ids[0], "latest", ids[0].slice(0, 12), "fade"];
  const { events, result } = await run(repository, { names, policy: { counts: { last: "unlimited" } } });
  expect(await left(repository)).toEqual([ids[1], ids[2]].sort());
  expect(result).toEqual({ groups: [], removed: [ids[0], ids[3]], failed: [] });
  expect(events[0]).toMatchObject({ type: "ignored", name: "fade" });
});

test.each<[string, ForgetOptions, string]>([
  ["no policy", {}, "no policy was specified, no snapshots will be removed"],
  [
    "a policy of nothing",
    { policy: { counts: { last: 0 } } },
    "no policy was specified, no snapshots will be removed",
  ],
  [
    "all of all",
    { allowRemoveAll: true },
    "--unsafe-allow-remove-all is not allowed unless a snapshot filter option is specified",
  ],
  [
    "a group that would be left empty",
    { policy: { tags: [["nope"]] } },
    'refusing to delete last snapshot of snapshot group "host h, path [/x]"',
  ],
  [
    "such a group, allowed or not",
    {
      policy: { tags: [["nope"]] },
      allowRemoveAll: true,
      filter: createSnapshotFilter({ hosts: ["other"] }),
    },
    'refusing to delete last snapshot of snapshot group "host other, path [/x]"',
  ],
  [
    "a count that is none",
    { policy: { counts: { last: -1 } } },
    "-1 is not a number of snapshots that --keep-* could keep",
  ],
])("it is refused, and nothing removed: %s", async (_, options, message) => {
  const { repository, ids } = await repositoryWithSnapshots();
  await expect(forget(repository, options)).rejects.toMatchObject({ code: "invalid-argument", message });
  expect(await left(repository)).toEqual([...ids].sort());
});

test("a group that is refused saves the others, too", async () => {
  const { repository, ids } = await repositoryWithSnapshots();
  await repository.saveSnapshot({
    time: "2024-01-05T00:00:00Z",
    tree,
    paths: ["/x"],
    hostname: "h",
    tags: ["t"],
  });
  await expect(forget(repository, { policy: { tags: [["t"]] } })).rejects.toThrow("host other");
  expect(await left(repository)).toHaveLength(ids.length + 1);
});

test("all that a filter lets through is removed where that is allowed", async () => {
  const { repository, ids } = await repositoryWithSnapshots();
  const filter = createSnapshotFilter({ hosts: ["h"] });
  const { result } = await run(repository, { filter, allowRemoveAll: true });
  expect(await left(repository)).toEqual([ids[3]]);
  expect(result.groups[0]).toMatchObject({ keep: [], reasons: [] });
});

test("without grouping all snapshots are one group", async () => {
  const { repository, ids } = await repositoryWithSnapshots();
  await run(repository, { policy: { counts: { last: 1 } }, groupBy: parseGroupBy("") });
  expect(await left(repository)).toEqual([ids[3]]);
});

test("a snapshot that cannot be removed is told of, and the others go", async () => {
  const { repository, ids } = await repositoryWithSnapshots((operation, _, n) =>
    operation === "remove" && n === 1 ? { kind: "fail" } : undefined,
  );
  const { events, result } = await run(repository, { policy: { counts: { last: 1 } } });
  expect(result.failed).toHaveLength(1);
  expect([...result.failed, ...result.removed].sort()).toEqual([ids[0], ids[1]].sort());
  expect(await left(repository)).toEqual([...result.failed, ids[2], ids[3]].sort());
  const failure = events.find((event) => event.type === "remove-failed");
  expect(failure).toMatchObject({ id: result.failed[0], error: { code: "storage-failed" } });
});

test("a lost answer or a snapshot that is gone already is no failure", async () => {
  const { repository } = await repositoryWithSnapshots((operation) =>
    operation === "remove"
      ? { kind: "fail", error: new TasticError("not-found", "no such file"), when: "after" }
      : undefined,
  );
  const { result } = await run(repository, { policy: { counts: { last: 1 } } });
  expect(result).toMatchObject({ failed: [], removed: { length: 2 } });
});

test("a snapshot that cannot be loaded is told of and stays", async () => {
  const broken = new Set<string>();
  const { repository, ids } = await repositoryWithSnapshots((operation, file) =>
    operation === "load" && file !== undefined && broken.has(file.name)
      ? { kind: "corrupt", offset: 20 }
      : undefined,
  );
  broken.add(ids[0]);
  const { events, result } = await run(repository, { policy: { counts: { last: 1 } } });
  expect(events[0]).toMatchObject({ type: "ignored", name: ids[0] });
  expect(result.removed).toEqual([ids[1]]);
  expect(await left(repository)).toContain(ids[0]);
});

test("what is cancelled before all is decided removes nothing", async () => {
  const { repository, ids } = await repositoryWithSnapshots();
  const stop = new AbortController();
  const forgetting = forget(repository, {
    policy: { counts: { last: 1 } },
    signal: stop.signal,
    onEvent: ({ type }) => type === "decided" && stop.abort(),
  });
  await expect(forgetting).rejects.toSatisfy((error) => isTasticError(error, "cancelled"));
  expect(await left(repository)).toEqual([...ids].sort());
});

test("what is cancelled while it removes stops there, and counts nothing as failed", async () => {
  const { repository, ids } = await repositoryWithSnapshots((operation) =>
    operation === "remove" ? { kind: "stall" } : undefined,
  );
  const stop = new AbortController();
  const events: string[] = [];
  const forgetting = forget(repository, {
    policy: { counts: { last: 1 } },
    signal: stop.signal,
    onEvent: ({ type }) => {
      events.push(type);
      if (type === "decided") setTimeout(() => stop.abort(), 10);
    },
  });
  await expect(forgetting).rejects.toSatisfy((error) => isTasticError(error, "cancelled"));
  expect(events).not.toContain("remove-failed");
  expect(await left(repository)).toEqual([...ids].sort());
});
