/** The command as a process: interrupted, without a reader, asked how far it is, called by another name. */
import { once } from "node:events";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { jsonLines, runTastic, startTastic, succeed, temporaryFolder } from "./support/peers.js";
import { runProgram } from "./support/programs.js";
import { writeFiles } from "./support/trees.js";

const program = join(import.meta.dirname, "..", "packages", "tastic", "bin", "tastic.js");
/** Prints a line, and then nothing for as long as a test may take. */
const slowCommand = [
  "--stdin-from-command",
  "--",
  process.execPath,
  "-e",
  "console.log(1); setTimeout(() => {}, 60000)",
];

describe("the process", () => {
  let home: string;
  let repo: string;

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = `${home}/repo`;
    await makeCheapRepository(repo);
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`many/a-file-with-a-long-name-${i}`, ""]),
    );
    await writeFiles(home, { ...many, "few/a": "a" });
    succeed(await runTastic(["backup", "many"], { repo, cwd: home }));
  });

  async function locks(): Promise<string[]> {
    const { stdout } = succeed(await runTastic(["list", "locks"], { repo }));
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "");
  }

  it.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
    "on %s stops, removes its lock and makes no snapshot",
    async (signal) => {
      const before = (await runTastic(["list", "snapshots"], { repo })).stdout;
      const { child, finished } = await startTastic(["backup", "--json", ...slowCommand], { repo });
      for (let tries = 0; tries < 100 && (await locks()).length === 0; tries++);
      child.kill(signal);
      const { code, stderr } = await finished;
      expect(code).toBe(130);
      expect(stderr).toContain(
        signal === "SIGINT" ? "signal interrupt received" : "signal terminated received",
      );
      expect(stderr).toContain('{"message_type":"exit_error","code":130,');
      expect(await locks()).toEqual([]);
      expect((await runTastic(["list", "snapshots"], { repo })).stdout).toBe(before);
    },
  );

  it.skipIf(process.platform === "win32")("waits for a lock only until it is interrupted", async () => {
    const holder = await startTastic(["backup", ...slowCommand], { repo });
    for (let tries = 0; tries < 100 && (await locks()).length === 0; tries++);
    const waiting = await startTastic(["check", "--retry-lock", "1h"], { repo });
    await once(waiting.child.stdout!, "data");
    waiting.child.kill("SIGINT");
    expect((await waiting.finished).code).toBe(130);
    holder.child.kill("SIGINT");
    await holder.finished;
    expect(await locks()).toEqual([]);
  });

  it("ends quietly when nobody reads what it prints", async () => {
    const { child, finished } = await startTastic(["ls", "latest", "--json"], { repo });
    child.stdout!.once("data", () => child.stdout!.destroy());
    const { stderr, code } = await finished;
    expect(stderr).toBe("");
    expect(code).toBe(141);
    expect(await locks()).toEqual([]);
  });

  it("tells programs how far it is", async () => {
    await writeFile(`${home}/few/big`, sampleBytes(20_000_000));
    const outcome = succeed(
      await runTastic(["backup", "few", "--json"], { repo, cwd: home, env: { RESTIC_PROGRESS_FPS: "60" } }),
    );
    const status = jsonLines(outcome).find(
      (line) => (line as { message_type: string }).message_type === "status",
    );
    expect(status).toHaveProperty("percent_done");
  });

  it("says nothing of progress to a file", async () => {
    const { stdout } = succeed(await runTastic(["backup", "few", "--force"], { repo, cwd: home }));
    expect(stdout).not.toMatch(/\[\d+:\d\d\]/);
  });

  it.skipIf(process.platform === "win32")("starts no debugger when SIGUSR1 asks for progress", async () => {
    const { child, finished } = await startTastic(["backup", ...slowCommand], { repo });
    for (let tries = 0; tries < 100 && (await locks()).length === 0; tries++);
    child.kill("SIGUSR1");
    await locks();
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(stderr).not.toContain("Debugger");
    expect(code).toBe(130);
  });

  it("is restic to those who call it so (difference 13)", async () => {
    await symlink(program, `${home}/restic`);
    const { stdout } = succeed(await runProgram(process.execPath, [`${home}/restic`, "version"]));
    expect(stdout).toMatch(/^restic 0\.19\.1 \(tastic \d+\.\d+\.\d+\) node v\d+/);
    const json = jsonLines(
      succeed(await runProgram(process.execPath, [`${home}/restic`, "version", "--json"])),
    );
    expect(json).toMatchObject([{ message_type: "version", version: "0.19.1" }]);
  });

  it("keeps its repository's variables apart from restic's", async () => {
    const env = { TASTIC_REPOSITORY: repo, RESTIC_REPOSITORY: "/nonexistent" };
    succeed(await runTastic(["snapshots"], { env }));
    succeed(await runTastic(["snapshots"], { repo, password: "wrong", env: { TASTIC_PASSWORD: "geheim" } }));
  });

  it("shows where an error came from only to those who ask (difference 2)", async () => {
    const quiet = await runTastic(["ls", "nosuch"], { repo });
    expect(quiet.stderr).not.toContain("    at ");
    const loud = await runTastic(["ls", "nosuch"], { repo, env: { TASTIC_DEBUG: "1" } });
    expect(loud.stderr).toContain("    at ");
  });
});
