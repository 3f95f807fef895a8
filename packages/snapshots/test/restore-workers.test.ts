import type { BlobId, Node } from "@tastic/format";
import { encodeName } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { check, restore } from "@tastic/snapshots";
import type { CheckEvent, RestoreEvent, RestoreOptions, RestoreResult } from "@tastic/snapshots";
import { PASSWORD, SampleRepository, sketchNode } from "./sample-repository.js";
import { makeTestFolder, removeFolder } from "./test-folder.js";

let folder: string;
let sample: SampleRepository;

beforeEach(async () => {
  folder = makeTestFolder();
  sample = await SampleRepository.create();
});
afterEach(() => removeFolder(folder));

interface Outcome {
  readonly result: RestoreResult;
  /** What was told of items and errors, in alphabetical order. */
  readonly events: readonly string[];
  readonly tree: readonly string[];
}

async function restoreWith(
  workers: number,
  treeId: BlobId,
  options: Partial<RestoreOptions> = {},
  repository: Repository = sample.repository,
): Promise<Outcome> {
  const target = join(folder, `out-${workers}`);
  const events: string[] = [];
  const onEvent = (event: RestoreEvent): void => {
    if (event.type === "item") events.push(`${event.action} ${event.kind} ${event.path} ${event.size}`);
    if (event.type === "error") events.push(`${event.path}: ${event.message.replaceAll(target, "")}`);
  };
  const result = await restore(repository, { treeId }, { target, workers, onEvent, ...options });
  return { result, events: events.sort(), tree: describeTree(target) };
}

/** Everything below a folder: names, metadata and content. */
function describeTree(root: string, below = Buffer.alloc(0)): string[] {
  const path = Buffer.concat([Buffer.from(root), below]);
  return readdirSync(path, { encoding: "buffer" }).flatMap((name) => {
    const inner = Buffer.concat([below, Buffer.from("/"), name]);
    const full = Buffer.concat([Buffer.from(root), inner]);
    const status = lstatSync(full, { bigint: true });
    const facts = [inner.toString("latin1"), status.mode, status.mtimeNs, status.nlink].join(" ");
    if (status.isDirectory()) return [facts, ...describeTree(root, inner)];
    const content = status.isSymbolicLink() ? readlinkSync(full) : readFileSync(full).toString("latin1");
    return [`${facts} ${content}`];
  });
}

function counts({ result }: Outcome): Omit<RestoreResult, "seconds"> {
  const { seconds: _, ...rest } = result;
  return rest;
}

function noise(size: number): Uint8Array {
  return sample.repository.crypto.randomBytes(size);
}

/** Folders of many small files, and files that reach over several packs and share blobs. */
async function manyNodes(): Promise<Node[]> {
  const large = Array.from({ length: 12 }, () => noise(700_000));
  const zeros = new Uint8Array(300_000);
  const linked = { inode: 5n, deviceId: 1n, links: 2n };
  const nodes: Node[] = [];
  for (let i = 0; i < 8; i++) {
    const files: Node[] = [];
    for (let k = 0; k < 80; k++) {
      const mtime = `2024-05-06T07:08:09.${String(i * 80 + k).padStart(9, "1")}Z`;
      files.push(
        await sample.file(`f${String(k).padStart(2, "0")}`, k === 50 ? [] : [`${i} ${k}`], {
          mode: 0o600 + (k % 64),
          mtime,
        }),
      );
    }
    files.push(
      await sample.file("large", [large[i] ?? zeros, zeros, `own ${i}`, large[(i * 5) % 12] ?? zeros]),
    );
    nodes.push(await sample.folder(`d${String(i).padStart(2, "0")}`, files, { mode: 0x8000_0000 + 0o711 }));
  }
  nodes.push(await sample.file("h1", ["linked"], linked), await sample.file("h2", ["linked"], linked));
  nodes.push(sketchNode({ name: "link", type: "symlink", linkTarget: "h1" }));
  nodes.push(await sample.file("n\udcff", [noise(100)]));
  nodes.push(await sample.file("whole", large));
  return nodes;
}

async function damage(id: BlobId): Promise<void> {
  const pack = { type: "pack", name: sample.packOf(id, 0) } as const;
  const bytes = await sample.storage.load(pack);
  const { index } = sample.repository;
  const at = index.offset(index.find(Buffer.from(id, "hex"), 0)) + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await sample.storage.save(pack, bytes);
}

describe("workers restore what one thread restores", () => {
  it.each<[string, Partial<RestoreOptions>]>([
    ["plainly", { verify: true }],
    ["sparsely", { sparse: true }],
  ])("%s", async (_, options) => {
    const treeId = await sample.tree(await manyNodes());
    await sample.flush();
    const alone = await restoreWith(0, treeId, options);
    expect(alone.result.errorCount).toBe(0);
    expect(alone.tree.length).toBe(8 * 82 + 5);
    expect(alone.events.length).toBe(alone.result.filesRestored);
    for (const workers of [1, 3]) {
      const outcome = await restoreWith(workers, treeId, options);
      expect(outcome.events).toEqual(alone.events);
      expect(outcome.tree).toEqual(alone.tree);
      expect(counts(outcome)).toEqual(counts(alone));
    }
    expect(readFileSync(Buffer.concat([Buffer.from(`${folder}/out-3/`), encodeName("n\udcff")])).length).toBe(
      100,
    );
  });

  it("over what is there", async () => {
    const before = await sample.tree(await manyNodes());
    const blobs = [noise(600_000), noise(600_000)];
    const after = await sample.tree([
      await sample.folder("d00", [await sample.file("f01", ["new"]), await sample.file("large", blobs)]),
      await sample.file("whole", [blobs[1] ?? "", blobs[0] ?? "", "end"]),
    ]);
    await sample.flush();
    const outcomes: Outcome[] = [];
    for (const workers of [0, 2]) {
      await restoreWith(workers, before);
      outcomes.push(await restoreWith(workers, after, { delete: true }));
    }
    const [alone, together] = outcomes;
    expect(alone?.events).toContain("updated file /whole 1200003");
    expect(alone?.tree).toHaveLength(4);
    expect(together?.tree).toEqual(alone?.tree);
    expect(together?.events).toEqual(
      alone?.events.map((event) => event.replaceAll(join(folder, "out-0"), join(folder, "out-2"))),
    );
  });

  it("more files from one stretch than may be open at once", async () => {
    const nodes: Node[] = [];
    for (let i = 0; i < 150; i++)
      nodes.push(await sample.file(`f${String(i).padStart(3, "0")}`, ["first", `own ${i}`]));
    const last = await sample.file("last", ["last"]);
    for (const [i, node] of nodes.entries()) {
      nodes[i] = { ...node, content: [...(node.content ?? []), ...(last.content ?? [])] };
    }
    const treeId = await sample.tree(nodes);
    await sample.flush();
    const { events, result } = await restoreWith(0, treeId);
    expect(result.errorCount, events.join("\n")).toBe(0);
    for (const i of [0, 70, 149]) {
      expect(readFileSync(join(folder, "out-0", `f${String(i).padStart(3, "0")}`), "utf8")).toBe(
        `firstown ${i}last`,
      );
    }
  });
});

describe("a damaged blob in the middle", () => {
  it("is an error of the files that need it, whoever restores them", async () => {
    const nodes = await manyNodes();
    const whole = nodes.at(-1)?.content ?? [];
    const treeId = await sample.tree(nodes);
    await sample.flush();
    await damage(whole[3] as BlobId);
    const alone = await restoreWith(0, treeId);
    const failed = alone.events.filter((event) => event.includes("authentication tag"));
    expect(failed.map((event) => event.slice(0, event.indexOf(":")))).toEqual(["/d03/large", "/whole"]);
    expect(alone.result.errorCount).toBe(2);
    for (const workers of [1, 3]) {
      const outcome = await restoreWith(workers, treeId);
      expect(outcome.events).toEqual(alone.events);
      expect(outcome.result.filesRestored).toBe(alone.result.filesRestored);
    }
  });

  it("is replaced by an intact copy in another pack", async () => {
    const nodes = [
      await sample.file("a", ["only here", "twice"]),
      await sample.file("b", [noise(5_000_000)]),
    ];
    const treeId = await sample.tree(nodes);
    await sample.flush();
    const twice = nodes[0]?.content?.[1] as BlobId;
    // Whoever has not loaded the index stores it once more.
    const other = await sample.reopen();
    const writer = other.createWriter();
    await writer.add("data", Buffer.from(twice, "hex"), Buffer.from("twice"));
    await writer.flush();
    await damage(twice);
    for (const workers of [0, 1]) {
      const repository = await sample.reopen();
      await repository.loadIndex();
      const { events } = await restoreWith(workers, treeId, {}, repository);
      expect(events.map((event) => event.split(" ")[2])).toEqual(["/a", "/b"]);
      expect(readFileSync(join(folder, `out-${workers}`, "a"), "utf8")).toBe("only heretwice");
    }
  });
});

describe("cancelling", () => {
  it.each([0, 2])("a restore with %i workers ends it, and nothing is written afterwards", async (workers) => {
    const treeId = await sample.tree(await manyNodes());
    await sample.flush();
    const stop = new AbortController();
    const target = join(folder, "out");
    const onEvent = (event: RestoreEvent): void => {
      if (event.type === "item" && event.kind === "file" && event.size > 0) stop.abort();
    };
    const run = restore(sample.repository, { treeId }, { target, workers, signal: stop.signal, onEvent });
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
    const written = describeTree(target);
    expect(written.length).toBeLessThan(8 * 82 + 5);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(describeTree(target)).toEqual(written);
  });

  it.each([0, 2])("a check with %i workers ends it", async (workers) => {
    await sample.snapshot(await sample.tree(await manyNodes()));
    const stop = new AbortController();
    const onEvent = (event: CheckEvent): void => {
      if (event.type === "progress" && event.phase === "data") stop.abort();
    };
    const repository = await sample.reopen();
    const run = check(repository, { readData: { kind: "all" }, workers, signal: stop.signal, onEvent });
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("workers check what one thread checks", () => {
  it("and find the same", async () => {
    const nodes = await manyNodes();
    await sample.snapshot(await sample.tree(nodes));
    const whole = nodes.at(-1)?.content ?? [];
    for (const i of [0, 5, 6]) await damage(whole[i] as BlobId);
    const outcomes: string[][] = [];
    for (const workers of [0, 1, 3]) {
      const errors: string[] = [];
      const onEvent = (event: CheckEvent): void => {
        if (event.type === "error") errors.push(event.message);
      };
      const repository = await sample.reopen();
      const result = await check(repository, { readData: { kind: "all" }, workers, onEvent });
      expect(result.errorCount).toBe(errors.length);
      outcomes.push([...errors.sort(), ...result.brokenPacks]);
    }
    expect(outcomes[0]?.length).toBeGreaterThanOrEqual(4);
    expect(outcomes[0]?.join("\n").match(/authentication tag/g)).toHaveLength(3);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  it.each([0, 1])("and tell once of a pack of which no more can be loaded (%i workers)", async (workers) => {
    await sample.snapshot(await sample.tree([await sample.file("a", ["a"])]));
    // A pack of several pieces.
    const large = await Repository.open(sample.storage, { password: PASSWORD, packSize: 16 << 20 });
    const writer = large.createWriter();
    for (let i = 0; i < 3; i++) {
      const blob = noise(4_500_000);
      await writer.add("data", large.crypto.sha256(blob), blob);
    }
    await writer.flush();

    const repository = await sample.reopen();
    const load = repository.storage.load.bind(repository.storage);
    repository.storage.load = async (file, range, options) => {
      if (range !== undefined && range.offset > 4_500_000) throw new Error("the line is dead");
      return load(file, range, options);
    };
    const errors: string[] = [];
    await check(repository, {
      readData: { kind: "all" },
      workers,
      onEvent: (event) => void (event.type === "error" && errors.push(event.message)),
    });
    expect(errors).toEqual(["download error: the line is dead"]);
  });
});
