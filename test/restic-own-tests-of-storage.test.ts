/**
 * Of restic's own integration tests, those about what a command asks of its storage, with a real rest-server that is
 * listened to; and two whose point is what may be written where.
 */
import { createLocalStorage } from "@tastic/storage";
import { chmodSync, writeFileSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { PASSWORD, SampleRepository } from "../packages/snapshots/test/sample-repository.js";
import { startBadProxy } from "./support/bad-proxy.js";
import { checkWithBoth, makeHistory } from "./support/history.js";
import {
  describeWithRestServer,
  describeWithRestic,
  jsonLines,
  runRestic,
  runTastic,
  succeed,
  tasticPath,
  temporaryFolder,
  testPassword,
} from "./support/peers.js";
import { runProgram, type Outcome } from "./support/programs.js";
import { startRestServer } from "./support/rest-server.js";
import { treeOf, writeFiles } from "./support/trees.js";

vi.setConfig({ testTimeout: 180_000 });

/** A repository with a history behind a server; `asked` is filled with each request, such as "GET /repo/keys/". */
async function serveHistory(args: { readonly appendOnly?: boolean } = {}) {
  const home = await temporaryFolder();
  const folder = `${home}/served`;
  await makeHistory(`${folder}/repo`, `${home}/source`);
  const server = await startRestServer({ folder, ...args });
  onTestFinished(() => server.stop());
  const asked: string[] = [];
  const proxy = await startBadProxy(server.url.slice(0, -1), ({ method, path }) => {
    asked.push(`${method} ${path}`);
    return undefined;
  });
  onTestFinished(() => proxy.close());
  const repo = `rest:${proxy.url}/repo/`;
  const ask = async (...command: string[]): Promise<Outcome> => {
    asked.length = 0;
    return runTastic([...command, "--no-cache"], { repo });
  };
  return { home, folder: `${folder}/repo`, repo, asked, ask };
}

/** How often each kind of file was listed, apart from locks, which others make at any time. */
function listings(asked: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of asked) {
    const [, kind] = /^GET \/repo\/(\w+)\/$/.exec(request) ?? [];
    if (kind !== undefined && kind !== "locks") counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describeWithRestServer("restic's own tests, of storage", () => {
  it("TestListOnce, TestFindListOnce: no command lists a kind of file twice", async () => {
    const { asked, ask } = await serveHistory();
    const [first, second] = JSON.parse(succeed(await ask("snapshots", "--json")).stdout) as { id: string }[];
    expect(listings(asked)).toEqual({ keys: 1, snapshots: 1 });
    const commands = [
      ["find", "--snapshot", first!.id, "--snapshot", second!.id.slice(0, 8), "file-*"],
      ["find", "--snapshot", "latest", "--oldest", "2020-01-01", "file-*"],
      ["ls", "latest"],
      ["stats", "--mode", "raw-data"],
      ["check", "--read-data"],
      ["forget", second!.id.slice(0, 8)],
      ["prune", "--max-unused", "0"],
      ["repair", "index", "--read-all-packs"],
      ["check"],
    ];
    for (const command of commands) {
      succeed(await ask(...command));
      const most = Math.max(...Object.values(listings(asked)));
      expect(most, `${command.join(" ")} listed ${JSON.stringify(listings(asked))}`).toBe(1);
    }
  });

  it("TestRebuildIndexFailsOnAppendOnly: says so, and nothing is lost", async () => {
    const { folder, ask, repo } = await serveHistory({ appendOnly: true });
    const command = ["repair", "index", "--read-all-packs"];
    const [ours, theirs] = [await ask(...command), await runRestic([...command, "--no-cache"], { repo })];
    expect(theirs.code).toBe(1);
    expect(ours.code, ours.stderr).toBe(1);
    expect(ours.stderr).toMatch(/403|append/i);
    await checkWithBoth(folder);
  });

  it("TestCheckRestoreNoLock: what takes no lock changes nothing at the server", async () => {
    const { home, asked, ask } = await serveHistory();
    const commands = [
      ["check", "--read-data", "--no-lock"],
      ["restore", "latest", "--no-lock", "--target", `${home}/restored`],
      ["snapshots", "--no-lock"],
      ["ls", "latest", "--no-lock"],
      ["find", "file-1", "--no-lock"],
      ["dump", "latest", "/", "--no-lock"],
      ["stats", "--no-lock"],
      ["cat", "config", "--no-lock"],
    ];
    for (const command of commands) {
      succeed(await ask(...command));
      expect(asked.length, command.join(" ")).toBeGreaterThan(1);
      expect(asked.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([]);
    }
    const from = `${home}/restored${home}/source`;
    expect(Object.keys(await treeOf(from)).length).toBeGreaterThan(20);
    expect(await treeOf(from)).toEqual(await treeOf(`${home}/source`));
  });
});

describeWithRestic("restic's own tests, of what is not as we would write it", () => {
  it("TestCopyUnstableJSON: trees are copied as they are, also such as no program of today writes", async () => {
    const home = await temporaryFolder();
    const sample = await SampleRepository.create(createLocalStorage(`${home}/repo`));
    const file = await sample.file("file", ["content"]);
    const inner = await sample.rawTree(`{ "nodes" : [ ${JSON.stringify({ ...file, later: { a: 1 } })} ] }`);
    const outer = { ...(await sample.folder("folder", [])), subtree: inner };
    // In another order, with a field that nobody knows, without the line's end.
    const fields = Object.entries(outer).filter(([, value]) => value !== null);
    const text = JSON.stringify(Object.fromEntries([...fields, ["unheard_of", true]].reverse()));
    const root = await sample.rawTree(`{"more":[],"nodes":[${text}]}`);
    await sample.snapshot(root);
    await sample.storage.close();

    const env = { RESTIC_FROM_PASSWORD: PASSWORD };
    const copies: string[] = [];
    for (const [run, name] of [
      [runTastic, "ours"],
      [runRestic, "theirs"],
    ] as const) {
      const repo = `${home}/${name}`;
      succeed(await run(["init", "--no-cache"], { repo }));
      succeed(await run(["copy", "--no-cache", "--from-repo", `${home}/repo`], { repo, env }));
      await checkWithBoth(repo);
      copies.push(succeed(await run(["list", "blobs", "--no-cache"], { repo })).stdout);
      const [listed] = JSON.parse(
        succeed(await run(["snapshots", "--json", "--no-cache"], { repo })).stdout,
      ) as { tree: string }[];
      expect(listed!.tree).toBe(root);
    }
    expect(copies[0]!.split("\n").toSorted()).toEqual(copies[1]!.split("\n").toSorted());
    expect(copies[0]).toContain(`tree ${inner}`);
  });
});

/** What takes from root what lets him write where permissions forbid it; nothing for others. */
const likeAnybody =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--"] : [];
const reason =
  process.platform === "win32" || (likeAnybody.length > 0 && process.platform !== "linux")
    ? "needs permissions that hold for whoever runs this"
    : undefined;

describe.skipIf(reason !== undefined)(
  `permissions${reason === undefined ? "" : ` [skipped: ${reason}]`}`,
  () => {
    it("TestRestoreWithPermissionFailure: what may not be written to when it is restored is written before", async () => {
      const home = await temporaryFolder();
      const [source, repo] = [`${home}/source`, `${home}/repo`];
      await writeFiles(source, {
        "closed/file": "in a folder that nobody may write to",
        "closed/deep/file": "2",
      });
      for (const [path, mode] of [
        ["closed/file", 0o400],
        ["closed/deep/file", 0],
        ["closed/deep", 0o500],
        ["closed", 0o500],
      ] as const)
        chmodSync(`${source}/${path}`, mode);
      succeed(await runTastic(["init"], { repo }));
      succeed(await runTastic(["backup", source], { repo }));
      const restore = (target: string): Promise<Outcome> => {
        const command = [process.execPath, tasticPath, "restore", "latest", "--target", target, "--json"];
        const [program = "", ...args] = [...likeAnybody, ...command];
        return runProgram(program, args, { repo, password: testPassword });
      };
      const target = `${home}/restored`;
      const [summary] = jsonLines(succeed(await restore(target))).slice(-1) as { files_restored: number }[];
      expect(summary!.files_restored).toBeGreaterThanOrEqual(4);
      expect(await treeOf(`${target}${source}`)).toEqual(await treeOf(source));
      // And once more over what is there now, part of which is wrong.
      chmodSync(`${target}${source}/closed/deep/file`, 0o600);
      writeFileSync(`${target}${source}/closed/deep/file`, "3");
      chmodSync(`${target}${source}/closed/deep/file`, 0);
      succeed(await restore(target));
      expect(await treeOf(`${target}${source}`)).toEqual(await treeOf(source));
    });
  },
);
