/** Commands that write: in two repositories alike, tastic does and prints what restic does and prints. */
import { expect, it } from "vitest";
import { itComparedEnough, maskIds, maskStored } from "./cli-side-by-side.js";
import { CommandTwins } from "./support/command-twins.js";
import { describeWithRestic } from "./support/peers.js";
import { treeOf, writeFiles } from "./support/trees.js";

describeWithRestic("the same words as restic when writing", () => {
  it("init", async () => {
    const both = await CommandTwins.create();
    await both.run(["init"]);
    await both.run(["init"]);
    await both.run(["-r", "TWIN/second", "init", "--json"], { after: false });
    await both.run(["-r", "TWIN/third", "init", "-q"], { after: false });
    await both.run(["-r", "TWIN/fourth", "init", "-vv", "--repository-version", "1"], { after: false });
    await both.run(["-r", "TWIN/fourth", "cat", "config"], {
      after: false,
      mask: (text) => text.replace(/"[0-9a-f]{8,}"/g, '"HEX"'),
    });
  });

  it("backup (difference 4)", { timeout: 180_000 }, async () => {
    const both = await CommandTwins.withRepositories();
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
    const both = await CommandTwins.withRepositories();
    const after = { ownTrees: true };
    await both.run(["backup", "--stdin"], { input: "from standard input\n", mask: withoutSizes, after });
    await both.run(["backup", "--stdin", "--json"], {
      input: "from standard input\n",
      mask: withoutSizes,
      after,
    });
    await both.run(["dump", "latest", "stdin"], { after });
    await both.run(
      ["backup", "--stdin-from-command", "--tag", "x", "--host", "h", "--", "sh", "-c", "exit 3"],
      { mask: withoutParent, after },
    );
    await both.run(["backup", "--stdin-from-command", "--", "nonexistent-program"], {
      mask: withoutParent,
      after,
    });
    await both.run(["backup", "--stdin-from-command", "--json", "--", "sh", "-c", "echo x; exit 3"], {
      after,
    });
    await both.run(["backup", "--stdin-from-command"], { mask: withoutParent, after });
    await both.run(["snapshots", "-c"], { after });
  });

  it("restore", { timeout: 180_000 }, async () => {
    const both = await CommandTwins.withRepositories();
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
    const both = await CommandTwins.withRepositories();
    await writeFiles(both.home, { second: "second\n", first: "geheim\n" });
    await both.run(["key", "add", "--new-password-file", "second", "--host", "hh", "--user", "uu"]);
    await both.run(["key", "list"], { password: "second", sorted: true });
    await both.run(["key", "add", "--new-password-file", "second", "-q"]);
    await both.run(["key", "add", "--new-insecure-no-password", "--json"]);
    await both.run(["snapshots", "--insecure-no-password"], { password: null });
    const after = { password: "second" };
    await both.run(["key", "passwd", "--new-password-file", "second"], { mask: withoutClock, after });
    await both.run(["snapshots"], { after });
    await both.run(["snapshots", "--json"], { password: "second", after });
    await both.run(["key", "remove", "zz"], { password: "second", after });
  });
});

itComparedEnough("cli-writing");

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
