/** Extended attributes in snapshots. */
import type { ExtendedAttribute, Node } from "@tastic/format";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { writeFiles } from "../../../test/support/trees.js";
import { AttributeQueue } from "../dist/backup/attribute-queue.js";
import { type AttributeTool, WalkAhead, createAttributeTool } from "../dist/index.js";
import { newStorage, only, run } from "./backup-support.js";

const tool = await createAttributeTool();
afterAll(() => tool?.close());
const here = process.cwd();
afterEach(() => process.chdir(here));

const attribute = (name: string, value: string): ExtendedAttribute => ({
  name,
  value: Uint8Array.from(Buffer.from(value)),
});
const attributesOf = (node: Node | undefined): string[] =>
  (node?.extendedAttributes ?? [])
    .map(({ name, value }) => `${name}=${Buffer.from(value).toString()}`)
    .sort();

/** Can this user set such attributes here? */
async function canSet(name: string, isLink = false): Promise<boolean> {
  const folder = await temporaryFolder();
  const path = join(folder, "probe");
  if (isLink) symlinkSync("nowhere", path);
  else await writeFiles(folder, { probe: "" });
  return (
    (await tool?.write(path, [attribute(name, "x")]).then(
      () => true,
      () => false,
    )) ?? false
  );
}

const canSetUser = await canSet("user.tastic");
const canSetOfLinks = await canSet("trusted.tastic", true);

describe("extended attributes", () => {
  it.runIf(canSetUser).each([0, 2])(
    "are in the nodes of files and folders, with %i workers",
    async (workers) => {
      const folder = await temporaryFolder();
      await writeFiles(folder, { "source/d/f": "1", "source/plain": "2", "source/e": null });
      process.chdir(folder);
      await tool?.write(join(folder, "source"), [attribute("user.of", "source")]);
      await tool?.write(join(folder, "source/d"), [attribute("user.of", "folder")]);
      await tool?.write(join(folder, "source/d/f"), [attribute("user.z", "1"), attribute("user.a", "")]);
      await tool?.write(join(folder, "source/e"), [attribute("user.of", "empty folder")]);
      const storage = await newStorage();
      const { nodes } = await run(storage, { targets: ["source"], workers });
      const all = (found: ReadonlyMap<string, Node>): object =>
        Object.fromEntries([...found].map(([path, node]) => [path, attributesOf(node)]));
      const expected = {
        "/source": ["user.of=source"],
        "/source/d": ["user.of=folder"],
        "/source/d/f": ["user.a=", "user.z=1"],
        "/source/e": ["user.of=empty folder"],
        "/source/plain": [],
      };
      expect(all(nodes)).toEqual(expected);

      // They are asked for again, also where nothing is read, and are no change.
      const second = await run(storage, { targets: ["source"], workers });
      expect(all(second.nodes)).toEqual(expected);
      expect(second.result.summary).toMatchObject({ filesUnmodified: 2, dirsUnmodified: 3, treeBlobs: 0 });

      // As folders above a target, too.
      const deep = await run(await newStorage(), { targets: ["source/d/f"], workers });
      expect(all(deep.nodes)).toEqual({
        "/source": ["user.of=source"],
        "/source/d": ["user.of=folder"],
        "/source/d/f": ["user.a=", "user.z=1"],
      });
    },
  );

  it.runIf(canSetOfLinks)("are those of a link itself, not of what it leads to", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "real/f": "1", link: { link: "real" } });
    process.chdir(folder);
    await tool?.write(join(folder, "real"), [attribute("trusted.of", "folder")]);
    await tool?.write(join(folder, "link"), [attribute("trusted.of", "link")]);
    const plain = await run(await newStorage(), { targets: ["link"] });
    expect(plain.nodes.get("/link")).toMatchObject({ type: "symlink", linkTarget: "real" });
    expect(attributesOf(plain.nodes.get("/link"))).toEqual(["trusted.of=link"]);
    // As with restic: everything of the folder but these.
    const through = await run(await newStorage(), { targets: ["link/f"] });
    expect(through.nodes.get("/link")).toMatchObject({ type: "dir" });
    expect(attributesOf(through.nodes.get("/link"))).toEqual(["trusted.of=link"]);
  });
});

describe("asking for extended attributes", () => {
  function queue(read: AttributeTool["read"]): { queue: AttributeQueue; asked: number[] } {
    const asked: number[] = [];
    const never = (): Promise<void> => Promise.reject(new Error("not asked for"));
    const fake: AttributeTool = {
      read(paths, onFailure) {
        asked.push(paths.length);
        return read(paths, onFailure);
      },
      write: never,
      remove: never,
      close: () => undefined,
    };
    return { queue: new AttributeQueue(fake), asked };
  }
  const none = async (): Promise<Map<string, ExtendedAttribute[]>> => new Map();

  it("is done for many at once, and answers each", async () => {
    const { queue: waiting, asked } = queue(
      async (paths) =>
        new Map(
          paths.filter((path) => path.endsWith("7")).map((path) => [path, [attribute("user.x", path)]]),
        ),
    );
    const questions = Array.from({ length: 250 }, (_, i) =>
      waiting.add(Array.from({ length: 10 }, (__, j) => `/${i}${j}`)),
    );
    questions.at(-1)?.ask();
    const answers = await Promise.all(questions.map(({ answer }) => answer));
    expect(asked).toEqual([1000, 1000, 500]);
    expect(answers[1]?.attributes.get("/17")).toEqual([attribute("user.x", "/17")]);
    expect(answers[1]?.attributes.has("/18")).toBe(false);
    expect(answers.filter(({ attributes }, i) => attributes.has(`/${i}7`))).toHaveLength(250);
  });

  it("waits for more to ask until somebody needs the answer", async () => {
    const { queue: waiting, asked } = queue(none);
    const question = waiting.add(["/a"]);
    waiting.add(["/b"]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toEqual([]);
    question.ask();
    await question.answer;
    // What is added later is another question.
    const later = waiting.add(["/c"]);
    later.ask();
    await later.answer;
    expect(asked).toEqual([2, 1]);
  });

  it("tells what cannot be read, but not what has gone", async () => {
    const { queue: waiting } = queue(async (_, onFailure) => {
      onFailure?.("/a", "EACCES");
      onFailure?.("/b", "ENOENT");
      return new Map<string, ExtendedAttribute[]>();
    });
    const question = waiting.add(["/a", "/b"]);
    question.ask();
    expect((await question.answer).failures).toEqual([{ path: "/a", reason: "EACCES" }]);
  });

  it("fails for all if the tool does", async () => {
    const { queue: waiting } = queue(() => Promise.reject(new Error("perl has gone")));
    const questions = [waiting.add(["/a"]), waiting.add(["/b"])];
    questions[0]?.ask();
    const results = await Promise.allSettled(questions.map(({ answer }) => answer));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("asks for nothing any more once it is closed", async () => {
    const { queue: waiting, asked } = queue(none);
    waiting.add(["/a"]);
    waiting.close();
    const later = waiting.add(["/b"]);
    later.ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([]);
  });
});

describe("attributes that cannot be read", () => {
  it.runIf(canSetUser)("are a warning, once for each file", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "source/f": "1", "source/g": "2" });
    process.chdir(folder);
    const walk = new WalkAhead({ targets: ["source"] });
    expect(await walk.whenReady()).toBe(true);
    const read = vi.spyOn(AttributeQueue.prototype, "add").mockImplementation((paths) => ({
      answer: Promise.resolve({
        attributes: new Map(),
        failures: paths.map((path) => ({ path, reason: "EACCES" })),
      }),
      ask: () => undefined,
    }));
    try {
      const { events } = await run(await newStorage(), { targets: ["source"], walk });
      expect(only(events, "warning").map(({ message }) => message.replace(folder, ""))).toEqual([
        "extended attributes of /source cannot be read: EACCES",
        "extended attributes of /source/f cannot be read: EACCES",
        "extended attributes of /source/g cannot be read: EACCES",
      ]);
    } finally {
      read.mockRestore();
    }
  });
});
