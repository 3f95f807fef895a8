/** What the command can do that restic cannot. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { jsonLines, runTastic, succeed, temporaryFolder } from "./support/peers.js";
import { writeFiles } from "./support/trees.js";

/** A folder with a repository in it. */
async function homeWithRepository(): Promise<{ readonly home: string; readonly repo: string }> {
  const home = await temporaryFolder();
  const repo = join(home, "repo");
  await makeCheapRepository(repo);
  return { home, repo };
}

describe("backup --exclude-gitignore", () => {
  it("leaves out what .gitignore files name, in a dry run and by a count ahead, too", async () => {
    const { home, repo } = await homeWithRepository();
    await writeFiles(home, {
      "work/.gitignore": "build/\n*.o\n!keep.o\n",
      "work/a.o": "x",
      "work/keep.o": "x",
      "work/build/big": "x".repeat(1000),
      "work/sub/.gitignore": "/local\n",
      "work/sub/local": "x",
      "work/sub/in/local": "x",
      "work/.git/a.o": "x",
    });
    const options = { repo, cwd: home };
    const dry = succeed(
      await runTastic(["backup", "--exclude-gitignore", "work", "-nvv", "--json"], options),
    );
    const files = jsonLines(dry) as {
      readonly message_type: string;
      readonly total_files_processed?: number;
    }[];
    expect(files.at(-1)).toMatchObject({ message_type: "summary", total_files_processed: 5 });
    expect(files.find((one) => one.message_type === "verbose_status")).toBeDefined();
    succeed(await runTastic(["backup", "--exclude-gitignore", "work"], options));
    const { stdout } = succeed(await runTastic(["ls", "-q", "latest"], options));
    expect(stdout.trim().split("\n")).toEqual(
      [
        ...["", "/.git", "/.git/a.o", "/.gitignore", "/keep.o", "/sub", "/sub/.gitignore", "/sub/in"],
        "/sub/in/local",
      ].map((path) => `/work${path}`),
    );
  });
});
