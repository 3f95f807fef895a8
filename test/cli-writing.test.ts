/** Commands that write: in two repositories alike, tastic does and prints what restic does and prints. */
import { expect, it } from "vitest";
import { expectSameOutcomes, makeCheapRepository, maskIds, maskStored } from "./cli-side-by-side.js";
import type { CompareOptions } from "./cli-side-by-side.js";
import { describeWithRestic, runRestic, runTastic, temporaryFolder } from "./support/peers.js";
import type { Outcome, RunOptions } from "./support/peers.js";
import { treeOf, writeFiles } from "./support/trees.js";

/** Two repositories that get the same commands. */
class Twins {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  /** Runs a command in both and expects the same of them; returns what restic did. */
  async run(args: readonly string[], options: CompareOptions = {}): Promise<Outcome> {
    const [restic, tastic] = await Promise.all([
      this.#one(runRestic, "restic", args, options),
      this.#one(runTastic, "tastic", args, options),
    ]);
    const mask = (text: string): string =>
      maskIds(maskStored(text)).replaceAll("/twin-restic", "/twin").replaceAll("/twin-tastic", "/twin");
    expectSameOutcomes(restic, tastic, { mask, ...options });
    return restic;
  }

  /** `TWIN` in an argument is a folder that each has for itself. */
  #one(
    program: (args: readonly string[], options: RunOptions) => Promise<Outcome>,
    name: string,
    args: readonly string[],
    options: RunOptions,
  ): Promise<Outcome> {
    const folder = `${this.home}/twin-${name}`;
    return program(
      args.map((arg) => arg.replace("TWIN", folder)),
      { repo: `${folder}/repo`, cwd: this.home, ...options },
    );
  }
}

/** Both with a repository that costs nothing to open. */
async function twinsWithRepositories(): Promise<Twins> {
  const both = await twins();
  await Promise.all(
    ["restic", "tastic"].map((name) => makeCheapRepository(`${both.home}/twin-${name}/repo`)),
  );
  return both;
}

async function twins(): Promise<Twins> {
  const home = await temporaryFolder();
  await writeFiles(home, {
    "src/a": "hello\n",
    "src/sub/b": "world\n",
    "src/sub/new\nline": "odd\n",
    "src/empty": null,
    "src/link": { link: "a" },
    "twin-restic": null,
    "twin-tastic": null,
  });
  return new Twins(home);
}

describeWithRestic("the same words as restic when writing", () => {
  it("init", async () => {
    const both = await twins();
    await both.run(["init"]);
    await both.run(["init"]);
    await both.run(["-r", "TWIN/second", "init", "--json"]);
    await both.run(["-r", "TWIN/third", "init", "-q"]);
    await both.run(["-r", "TWIN/fourth", "init", "-vv", "--repository-version", "1"]);
    await both.run(["-r", "TWIN/fourth", "cat", "config"], {
      mask: (text) => text.replace(/"[0-9a-f]{8,}"/g, '"HEX"'),
    });
  });

  it("backup (difference 4)", { timeout: 180_000 }, async () => {
    const both = await twinsWithRepositories();
    await both.run(["backup", "src", "--dry-run"]);
    await both.run(["backup", "src"]);
    await both.run(["backup", "src"]);
    await both.run(["backup", "src", "-q"]);
    await both.run(["backup", "src", "-v"], { sorted: true });
    await both.run(["backup", "src", "-vv"], { sorted: true });
    await both.run(["backup", "src", "--json"]);
    await both.run(["backup", "src", "--json", "-vv"], { sorted: true });
    await both.run(["backup", "src", "--json", "-q"]);
    await both.run(["backup", "src", "--json", "--dry-run"]);
    await both.run(["backup", "src", "--dry-run", "-vv"], { sorted: true });
    await both.run(["backup", "src", "--no-scan", "-vv"], { sorted: true });
    await both.run(["backup", "src", "--skip-if-unchanged"]);
    await both.run(["backup", "src", "--skip-if-unchanged", "--json"]);
    await both.run(["backup", "src", "--force"]);
    await both.run(["backup", "src", "--parent", "latest"]);
    await writeFiles(both.home, { "src/a": "hello again\n", "src/new": "new\n" });
    await both.run(["backup", "src", "-vv", "--tag", "a,b", "--tag", "c", "--host", "h"], { sorted: true });
    await both.run(["backup", "src", "-vv"], { sorted: true });
    await both.run(["backup", "src", "-e", "sub", "-vv"], { sorted: true });
    await both.run(["backup", "src", "--time", "2020-01-01 10:00:00"]);
    await both.run(["backup", "src", "nope"]);
    await both.run(["backup", "src", "nope", "-q"]);
    await both.run(["backup", "src", "nope", "--json"]);
    await both.run(["snapshots"]);
    await both.run(["snapshots", "--json"], { mask: (text) => maskIds(maskStored(text)) });
  });

  it("backup of a stream (difference 5)", async () => {
    const both = await twinsWithRepositories();
    await both.run(["backup", "--stdin"], { input: "from standard input\n", mask: withoutSizes });
    await both.run(["backup", "--stdin", "--json"], {
      input: "from standard input\n",
      mask: withoutSizes,
    });
    await both.run(["dump", "latest", "stdin"]);
    await both.run(
      ["backup", "--stdin-from-command", "--tag", "x", "--host", "h", "--", "sh", "-c", "exit 3"],
      { mask: withoutParent },
    );
    await both.run(["backup", "--stdin-from-command", "--", "nonexistent-program"], { mask: withoutParent });
    await both.run(["backup", "--stdin-from-command", "--json", "--", "sh", "-c", "echo x; exit 3"], {});
    await both.run(["backup", "--stdin-from-command"], { mask: withoutParent });
    await both.run(["snapshots", "-c"]);
  });

  it("restore", { timeout: 180_000 }, async () => {
    const both = await twinsWithRepositories();
    await both.run(["backup", "src", "-q"]);
    await both.run(["restore", "latest", "--target", "TWIN/out", "--dry-run", "-vv"], { sorted: true });
    await both.run(["restore", "latest", "--target", "TWIN/out"]);
    await both.run(["restore", "latest", "--target", "TWIN/out"]);
    await both.run(["restore", "latest", "--target", "TWIN/out", "-vv"], { sorted: true });
    await both.run(["restore", "latest", "--target", "TWIN/out", "--json"]);
    await both.run(["restore", "latest", "--target", "TWIN/out", "--json", "-vv"], { sorted: true });
    await both.run(["restore", "latest", "--target", "TWIN/out", "-q"]);
    await both.run(["restore", "latest", "--target", "TWIN/verified", "--verify"]);
    await both.run(["restore", "latest", "--target", "TWIN/verified", "--verify", "--json"]);
    for (const name of ["restic", "tastic"]) {
      await writeFiles(both.home, {
        [`twin-${name}/out/src/extra`]: "extra",
        [`twin-${name}/out/src/a`]: "changed",
      });
    }
    await both.run(["restore", "latest", "--target", "TWIN/out", "--delete", "-vv"], { sorted: true });
    await both.run(["restore", "latest", "--target", "TWIN/part", "--include", "b"]);
    await both.run(["restore", "latest:/src", "--target", "TWIN/folder"]);
    await both.run(["restore", "latest:/src/nope", "--target", "TWIN/folder"]);
    expect(await treeOf(`${both.home}/twin-tastic/out`)).toEqual(
      await treeOf(`${both.home}/twin-restic/out`),
    );
    expect(await treeOf(`${both.home}/twin-tastic/part`)).toEqual(
      await treeOf(`${both.home}/twin-restic/part`),
    );
  });

  it("keys", async () => {
    const both = await twinsWithRepositories();
    await writeFiles(both.home, { second: "second\n", first: "geheim\n" });
    await both.run(["key", "add", "--new-password-file", "second", "--host", "hh", "--user", "uu"]);
    await both.run(["key", "list"], { password: "second", sorted: true });
    await both.run(["key", "add", "--new-password-file", "second", "-q"]);
    await both.run(["key", "add", "--new-insecure-no-password", "--json"]);
    await both.run(["snapshots", "--insecure-no-password"], { password: null });
    await both.run(["key", "passwd", "--new-password-file", "second"], { mask: withoutClock });
    await both.run(["snapshots"]);
    await both.run(["snapshots", "--json"], { password: "second" });
    await both.run(["key", "remove", "zz"], { password: "second" });
  });
});

/** How long the times in a tree are written depends on the moment. */
function withoutSizes(text: string): string {
  return maskIds(maskStored(text))
    .replace(/repository: \d+ B/, "repository: SOME")
    .replace(/"data_added":\d+/, '"data_added":0');
}

/** restic takes any snapshot for the parent of what a command prints. */
function withoutParent(text: string): string {
  return maskIds(maskStored(text)).replace(/^(using parent|no parent) snapshot .*\n/m, "");
}

/** Go adds what its own clock says. */
function withoutClock(text: string): string {
  return maskIds(text).replace(/DATE.*>/, "DATE>");
}
