/** Where a command line or a repository is wrong: tastic ends with restic's words and restic's exit code. */
import { beforeAll, expect, it } from "vitest";
import { expectSame, expectSameOutcomes, maskIds, itComparedEnough } from "./cli-side-by-side.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import {
  describeWithRestic,
  runRestic,
  runTastic,
  startRestic,
  succeed,
  temporaryFolder,
} from "./support/peers.js";
import { writeFiles } from "./support/trees.js";

describeWithRestic("the same errors as restic", () => {
  let home: string;
  let repo: string;

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = `${home}/repo`;
    await writeFiles(home, {
      "src/a": "a",
      empty: "",
      password: "geheim\n",
      bom: "\ufeffgeheim\n",
      padded: "  geheim \n\n",
    });
    await makeCheapRepository(repo);
    succeed(await runRestic(["backup", "src"], { repo, cwd: home }));
  });

  it.each([
    "snapshots --bogus",
    "snapshots --bogus=1",
    "snapshots -Z",
    "snapshots -vZ",
    "snapshots --json --bogus",
    "snapshots --tag",
    "snapshots --latest abc",
    "snapshots --json=maybe",
    "snapshots --verbose=x",
    "snapshots --group-by foo",
    "snapshots -g foo",
    "snapshots --retry-lock foo",
    "snapshots --compression foo",
    "snapshots --pack-size foo",
    "snapshots --limit-upload x",
    "snapshots -q -v",
    "snapshots -qv",
    "bogus",
    "snapshot",
    "bogus --flag",
    "--bogus",
    "init extra",
    "init --repository-version 7",
    "init --repository-version foo",
    "init --from-repo x",
    "init --copy-chunker-params",
    "init",
    "init --json",
    "key list extra",
    "key add extra",
    "key passwd extra",
    "key remove",
    "key remove a b",
    "key remove zz",
    "key add --new-password-file /nonexistent",
    "key add --new-password-file empty",
    "key add --new-insecure-no-password --new-password-file password",
    "list",
    "list bogus",
    "list blobs extra",
    "cat",
    "cat bogus",
    "cat bogus x",
    "cat pack",
    "cat pack zz",
    "ls",
    "dump",
    "restore",
    "restore latest",
    "restore latest other --target x",
    "restore nosuch --target x",
    "restore latest --tag nosuch --target x",
    "restore latest:/nosuch --target x",
    "restore latest --target x --include a --exclude b",
    "restore latest --target x --include-xattr a --exclude-xattr b",
    "restore latest --target x --include [a",
    "restore latest --target x --overwrite foo",
    "restore latest --target x --include-file /nonexistent",
    "restore latest --target x --dry-run --verify",
    "restore latest --target / --delete",
    "ls latest --sort foo",
    "check --read-data-subset foo",
    "check --read-data-subset 0/2",
    "check --read-data-subset 3/2",
    "check --read-data-subset 1/300",
    "check --read-data-subset 200%",
    "check --read-data-subset 0%",
    "check --read-data --read-data-subset 1/2",
    "backup",
    "backup nope",
    "backup nope --json",
    "backup -- -x",
    "backup --stdin src",
    "backup --stdin --files-from x",
    "backup --stdin --stdin-filename=",
    "backup --files-from empty",
    "backup src --files-from /nonexistent",
    "backup src --exclude [a",
    "backup src --exclude-file /nonexistent",
    "backup src --parent zzzz",
    "backup src --read-concurrency x",
    "-r foo:bar snapshots",
    "--repository-file /nonexistent snapshots",
    "-r nope snapshots",
    "-r ./nope/ snapshots",
    "-r nope snapshots --json",
    "--insecure-no-password snapshots",
  ])("%s", async (line) => {
    // Some take an exclusive lock before they fail.
    const said = await expectSame(line.split(" "), { repo, cwd: home, alone: true });
    expect(said.code).not.toBe(0);
  });

  it("no repository at all", async () => {
    await expectSame(["snapshots"], {});
    await expectSame(["--repository-file", "/nonexistent", "snapshots"], {});
    await expectSame(["-r", "", "snapshots"], {});
  });

  it("a wrong password", async () => {
    await expectSame(["snapshots"], { repo, password: "wrong" });
    await expectSame(["snapshots", "--json"], { repo, password: "wrong" });
  });

  it("no password", async () => {
    await expectSame(["snapshots"], { repo, password: null });
    await expectSame(["snapshots"], { repo, password: "" });
    await expectSame(["-r", `${home}/new`, "init"], { password: "" });
  });

  it.each([
    ["--password-file", "password"],
    ["--password-file", "bom"],
    ["--password-file", "padded"],
    ["--password-file", "empty"],
    ["--password-file", "/nonexistent"],
    ["--password-command", "echo geheim"],
    ["--password-command", "sh -c 'echo geheim'"],
    ["--password-command", 'sh -c "echo \\"geheim\\""'],
    ["--password-command", "false"],
    ["--password-command", "nonexistent-program"],
    ["--password-command", "echo 'open"],
    ["--password-command", 'echo "open'],
    ["--password-command", "echo x", "--password-file", "password"],
  ])("%s %s", async (...flags) => {
    await expectSame([...flags, "snapshots"], { repo, cwd: home, password: null });
  });

  it("a password from standard input", async () => {
    await expectSame(["snapshots"], { repo, password: null, input: "geheim\n" });
    await expectSame(["snapshots"], { repo, password: null, input: "wrong\n" });
  });

  it("the command without arguments, and help, are no errors", async () => {
    for (const args of [
      [],
      ["help"],
      ["--help"],
      ["key"],
      ["help", "key"],
      ["backup", "--help"],
      ["help", "key", "list"],
    ]) {
      const [restic, tastic] = [await runRestic(args), await runTastic(args)];
      expect({ args, code: tastic.code, stderr: tastic.stderr }).toEqual({
        args,
        code: restic.code,
        stderr: restic.stderr,
      });
      expect(tastic.stdout).toContain("Usage:");
    }
  });

  it("a repository that is locked", async () => {
    const holder = await startRestic(
      ["backup", "--stdin-from-command", "--", "sh", "-c", "echo x; sleep 20"],
      { repo },
    );
    try {
      for (
        let tries = 0;
        tries < 50 && (await runRestic(["list", "locks", "--no-lock"], { repo })).stdout === "";
        tries++
      );
      const mask = (text: string): string => maskIds(text).replace(/\(.* ago\)/, "(AGE ago)");
      for (const args of [["check"], ["check", "--json"], ["key", "remove", "x"], ["check", "-q"]]) {
        const [restic, tastic] = [await runRestic(args, { repo }), await runTastic(args, { repo })];
        const said = expectSameOutcomes(restic, tastic, { mask });
        expect(said.code).toBe(11);
      }
    } finally {
      holder.child.kill("SIGKILL");
      await holder.finished;
    }
  });
});

itComparedEnough("cli-errors");
