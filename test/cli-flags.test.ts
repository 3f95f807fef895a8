/** Flags and variables that no other comparison has: tastic says and does what restic says and does. */
import { cp } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { expectSame, itComparedEnough, maskIds, maskStored } from "./cli-side-by-side.js";
import { CommandTwins } from "./support/command-twins.js";
import type { TwinOptions } from "./support/command-twins.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import { treeOf, writeFiles } from "./support/trees.js";

const SOURCE = {
  "src/a.txt": "hello\n",
  "src/B.TXT": "upper\n",
  "src/sub/b": "world\n",
  "src/sub/big": "big ".repeat(1000),
  "src/cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
  "src/cache/x": "cached",
  "src/skip/.nobackup": "header",
  "src/skip/x": "skipped",
  "src/with space/x": "x",
  verbatim: "src/a.txt\nsrc/sub\n# no comment\n",
  raw: "src/a.txt\0src/with space\0",
  "raw-with-empty": "src/a.txt\0\0src/sub\0",
  globs: "# comment\n  src/*.txt  \n\nsrc/with*\n",
  "globs-of-nothing": "src/*.nothing\n",
  excludes: "# comment\n*.txt\n$WHAT/x\n",
  iexcludes: "SUB\n*.tXt\n",
  includes: "/src/sub\n",
  iincludes: "/SRC/SUB/B\n",
};

/** What follows `backup`, and what is in the environment. */
const BACKUPS: readonly (readonly [string, TwinOptions?])[] = [
  ["src --exclude-caches"],
  ["src --exclude-if-present .nobackup"],
  ["src --exclude-if-present .nobackup:head --exclude-if-present CACHEDIR.TAG:nope"],
  ["src --exclude-if-present :x", { mask: withoutParent }],
  ["src --exclude-larger-than 1k"],
  ["src --exclude-larger-than 1.5k", { mask: withoutParent }],
  ["src --exclude-larger-than x", { mask: withoutParent }],
  ["src --exclude-larger-than -1", { mask: withoutParent }],
  ["src --exclude-larger-than="],
  ["src -e *.txt --iexclude SUB"],
  ["src -e sub -e !src/sub/b"],
  ["src --exclude-file excludes", { env: { WHAT: "cache" } }],
  ["src --exclude-file excludes --iexclude-file iexcludes"],
  ["src --iexclude [a"],
  ["src --iexclude-file verbatim --exclude-file raw"],
  ["--files-from-verbatim verbatim --files-from globs -v", { sorted: true }],
  ["--files-from-raw raw"],
  ["--files-from-raw raw-with-empty"],
  ["--files-from-raw verbatim"],
  ["--files-from globs-of-nothing"],
  ["--files-from globs-of-nothing src"],
  ["--files-from -", { input: "src/sub\n" }],
  ["--files-from-raw -", { input: "src/sub\0" }],
  ["--files-from-verbatim /nonexistent --json"],
  ["src --ignore-ctime"],
  ["src --ignore-ctime --ignore-inode", { env: { RESTIC_IGNORE_CTIME: "true" } }],
  ["src", { env: { RESTIC_IGNORE_INODE: "maybe" } }],
  ["src --one-file-system --no-scan"],
  ["src --group-by host --host other"],
  ["src -g tags --tag a"],
  ["src -g=", { env: { RESTIC_HOST: "env-host" } }],
  ["src --parent nosuch --json"],
  ["src --read-concurrency 0"],
  ["src", { env: { RESTIC_READ_CONCURRENCY: "x" } }],
  ["src --hostname old"],
  ["src --tag= --tag a,,b"],
  ["src --compression off"],
  ["src --compression max --json"],
  ["src", { env: { RESTIC_COMPRESSION: "bogus" } }],
  ["src --pack-size 4"],
  ["src --pack-size 1"],
  ["src", { env: { RESTIC_PACK_SIZE: "200" } }],
  ["src", { env: { RESTIC_PACK_SIZE: "many" } }],
  ["src", { env: { RESTIC_PROGRESS_FPS: "x" } }],
  ["src --no-extra-verify --no-cache"],
  ["src --limit-upload 100000 --limit-download 100000"],
  ["src --limit-upload -1"],
  ["./src/../src/sub src/sub/"],
  ["src --stdin-filename x"],
  ["--stdin --stdin-filename a/b -q", { input: "x", after: { ownTrees: true } }],
  ["--stdin --stdin-filename /a --json -q", { input: "x", after: { ownTrees: true }, mask: maskSizes }],
  ["--stdin", { input: "", after: { ownTrees: true }, mask: maskSizes }],
  ["--stdin --stdin-from-command true", { after: { ownTrees: true }, mask: maskSizes }],
  ["--stdin-from-command --stdin-filename f -q -- echo x", { after: { ownTrees: true } }],
  ["--stdin-from-command true", { after: { ownTrees: true }, mask: maskSizes }],
  ["src --with-atime -q", { after: { ownTrees: true } }],
];

/** What follows `restore latest`. */
const RESTORES: readonly (readonly [string, TwinOptions?])[] = [
  ["--target TWIN/out --sparse"],
  ["--target TWIN/out --ownership-by-name"],
  ["--target TWIN/out --overwrite never -vv", { sorted: true }],
  ["--target TWIN/out --overwrite if-newer --json"],
  ["--target TWIN/out --overwrite if-changed -v", { sorted: true }],
  ["--target TWIN/1 --iinclude /SRC/SUB"],
  ["--target TWIN/2 --iexclude *.txt --exclude sub"],
  ["--target TWIN/3 --exclude-file excludes", { env: { WHAT: "cache" } }],
  ["--target TWIN/4 --iexclude-file iexcludes"],
  ["--target TWIN/5 --include-file includes"],
  ["--target TWIN/6 --iinclude-file iincludes -vv", { sorted: true }],
  ["--target TWIN/6 --iinclude-file /nonexistent"],
  ["--target TWIN/7 --include-xattr user.* --include a.txt"],
  ["--target TWIN/7 --exclude-xattr user.*"],
  ["--target TWIN/7 --exclude-xattr [a"],
  ["--target TWIN/out --delete --include sub"],
  ["--target TWIN/out --delete --dry-run -vv --exclude *.txt", { sorted: true }],
  ["--target TWIN/out --delete --exclude *.txt -vv", { sorted: true }],
  ["--target TWIN/8 --include nothing"],
  ["--target TWIN/9 --path HOME/src --tag kept --no-lock"],
  ["--target= --json"],
  ["--target TWIN/10 --include nothing --json"],
];

/** Whole lines on one repository that nobody changes. */
const READING: readonly (readonly [string, TwinOptions?])[] = [
  ["snapshots --key-hint nosuch"],
  ["snapshots --cacert /nonexistent"],
  ["snapshots --tls-client-cert /nonexistent"],
  ["-r rest:http://127.0.0.1:1/ snapshots --cacert /nonexistent"],
  ["-r rest:http://127.0.0.1:1/ snapshots --tls-client-cert /nonexistent"],
  ["-r s3: snapshots"],
  ["-r sftp:x snapshots"],
  ["-r sftp: snapshots --json"],
  ["-r local:REPO snapshots --no-lock"],
  ["snapshots --http-user-agent me --insecure-tls --no-lock"],
  ["snapshots --stuck-request-timeout x"],
  ["snapshots --stuck-request-timeout 1m --no-lock"],
  ["snapshots --retry-lock 1s --no-lock"],
  ["snapshots --retry-lock -1s --no-lock"],
  ["snapshots -o local.connections=1 --no-lock"],
  ["snapshots -o local.nosuch=x"],
  ["snapshots -o nosuch.x=1 --no-lock"],
  ["snapshots --option local.layout=default --no-lock"],
  ["snapshots -o local.connections=2 -o local.connections=3 --no-lock"],
  ["snapshots --limit-download x --json"],
  ["snapshots", { env: { RESTIC_KEY_HINT: "nosuch" } }],
  ["snapshots --no-lock", { password: null, env: { RESTIC_PASSWORD_FILE: "password" } }],
  ["snapshots --no-lock", { password: null, env: { RESTIC_PASSWORD_COMMAND: "echo geheim" } }],
  ["snapshots", { env: { RESTIC_PASSWORD_FILE: "password", RESTIC_PASSWORD_COMMAND: "echo x" } }],
  ["snapshots", { env: { RESTIC_REPOSITORY_FILE: "repository" } }],
  ["snapshots --no-lock -r REPO --repository-file repository"],
  ["snapshots --insecure-no-password"],
  ["cat config --no-lock --key-hint KEY"],
  ["check --no-lock --read-data-subset 1/1 --tag kept"],
  ["check --no-lock --tag kept --read-data"],
  ["check --no-lock --host nobody --read-data-subset 50%"],
  ["check --no-lock --with-cache --read-data-subset=1T"],
  ["dump --no-lock latest / --archive zip -t /nonexistent/x"],
  ["dump --no-lock latest HOME/src/sub/b --tag kept"],
  ["dump --no-lock latest HOME/src/sub/b --host nobody"],
  ["dump --no-lock latest HOME/src/sub/b --path /nowhere --json"],
  ["dump --no-lock latest HOME/src/sub"],
  ["stats --no-lock --mode raw-data --path HOME/src --json"],
  ["find --no-lock a.txt --tag kept --path HOME/src"],
  ["list locks -q"],
  ["unlock --remove-all --json"],
  ["migrate --json -q"],
  ["repair packs --json"],
  ["repair snapshots -n --no-lock"],
  ["repair snapshots --host nobody --tag x --path /y -n"],
  ["rewrite --exclude x -n --no-lock"],
  ["rewrite --new-time= --new-host= -n"],
  ["rewrite -n -s --json"],
  ["tag --no-lock --host nobody --add x"],
  ["copy --from-repo REPO --from-insecure-no-password"],
  ["copy --from-repo REPO --from-password-file /nonexistent"],
  ["copy --from-repo REPO --from-password-command false"],
  ["copy --from-repo REPO --from-key-hint nosuch --from-password-file wrong"],
  ["copy --from-repo REPO", { env: { RESTIC_FROM_PASSWORD_FILE: "wrong" } }],
  ["copy --from-repo REPO", { env: { RESTIC_FROM_PASSWORD: "geheim", RESTIC_FROM_REPOSITORY: "x" } }],
  ["copy", { env: { RESTIC_FROM_REPOSITORY_FILE: "/nonexistent", RESTIC_FROM_PASSWORD: "geheim" } }],
  ["init --copy-chunker-params --from-repo nosuch -r NEW", { env: { RESTIC_FROM_PASSWORD: "x" } }],
  ["self-update extra"],
  ["cache extra"],
  ["cache --max-age x"],
  ["cache --no-size", { mask: maskFolders }],
  ["cache", { mask: maskFolders }],
  ["cache --no-cache"],
];

/** Words of a line; none of them has a space in it. */
function words(line: string, more: Readonly<Record<string, string>>): string[] {
  return line
    .split(" ")
    .map((word) => Object.entries(more).reduce((text, [a, b]) => text.replace(a, b), word));
}

describeWithRestic("every flag, as restic has it", () => {
  let home: string;
  let repo: string;
  let key: string;

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = `${home}/repo`;
    await writeFiles(home, { ...SOURCE, password: "geheim\n", wrong: "wrong\n", repository: `${repo}\n` });
    await makeCheapRepository(repo);
    succeed(await runRestic(["backup", "src", "--tag", "kept"], { repo, cwd: home }));
    key = succeed(await runRestic(["list", "keys", "--no-lock"], { repo })).stdout.slice(0, 12);
  });

  const compare = async (line: string, options?: TwinOptions): Promise<void> => {
    const args = words(line, { HOME: home, REPO: repo, NEW: `${home}/new`, KEY: key });
    await expectSame(args, { repo, cwd: home, ...options, alone: isLocking(line) });
  };
  const named = READING.map(([line, options]) => [describeLine(line, options), line, options] as const);

  it.concurrent.each(named.filter(([, line]) => !isLocking(line)))("%s", async (_, line, options) => {
    await compare(line, options);
  });

  it.each(named.filter(([, line]) => isLocking(line)))("%s", async (_, line, options) => {
    await compare(line, options);
  });

  const parts = Array.from({ length: Math.ceil(BACKUPS.length / 12) }, (_, at) => at);
  it.each(parts)("backups, part %i", { timeout: 300_000 }, async (part) => {
    const both = await CommandTwins.withRepositories(SOURCE);
    for (const [line, options] of BACKUPS.slice(12 * part, 12 * part + 12)) {
      await both.run(["backup", ...line.split(" ")], options);
    }
  });

  it("restores", { timeout: 300_000 }, async () => {
    const both = await CommandTwins.withRepositories(SOURCE);
    await both.run(["backup", "src", "--tag", "kept", "-q"]);
    for (const [line, options] of RESTORES) {
      await both.run(["restore", "latest", ...words(line, { HOME: both.home })], options);
      const [restic, tastic] = await Promise.all(both.folders.map((folder) => treeOf(folder)));
      expect(withoutRepository(tastic!), line).toEqual(withoutRepository(restic!));
    }
  });

  it("copies and new repositories", { timeout: 300_000 }, async () => {
    const both = await CommandTwins.withRepositories({ password: "geheim\n", from: `${repo}\n` });
    const mask = (text: string): string => maskIds(maskStored(text));
    for (const [line, env] of [
      ["copy --from-repo REPO --from-password-file password --tag nothing"],
      ["copy --from-repo REPO --from-password-file password --host nobody --path /nowhere"],
      ["copy --from-repository-file from --from-password-command echo_geheim -q"],
      ["copy --from-repo REPO --from-password-file password --from-key-hint KEY -v"],
      ["copy", { RESTIC_FROM_REPOSITORY: repo, RESTIC_FROM_PASSWORD: "geheim" }],
      ["-r TWIN/new init --copy-chunker-params --from-repo REPO --from-password-file password"],
      ["-r TWIN/insecure init --insecure-no-password"],
      ["-r TWIN/version init --repository-version="],
      ["-r TWIN/ignored init --from-password-command x"],
    ] as const) {
      const args = words(line, { REPO: repo, KEY: key }).map((word) => word.replace("echo_", "echo "));
      const password = line.includes("insecure") ? null : undefined;
      await both.run(args, { mask, ...(env && { env }), ...(password === null && { password }) });
    }
  });

  it("caches", async () => {
    const both = await CommandTwins.create();
    for (const folder of both.folders) await cp(repo, `${folder}/repo`, { recursive: true });
    const cached = ["--cache-dir", "TWIN/cache"];
    for (const args of [
      ["snapshots", "--cleanup-cache"],
      ["cache"],
      ["cache", "--no-size"],
      ["cache", "--max-age", "0"],
      ["cache", "--max-age", "0", "--cleanup"],
      ["cache", "--cleanup"],
    ]) {
      await both.run([...args, ...cached], {
        mask: (text) => maskIds(text).replace(/[\d.]+ [KM]?i?B/g, "SIZE"),
      });
    }
  });
});

itComparedEnough("cli-flags");

/** Whoever changes tags locks, whatever the flags say. */
function isLocking(line: string): boolean {
  return !line.includes("--no-lock") || line.startsWith("tag ");
}

/** The name of a test: the line and what else is given. */
function describeLine(line: string, options: TwinOptions = {}): string {
  return [...Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`), line].join(" ");
}

/** The home folder, of which each run has its own. */
function maskFolders(text: string): string {
  return text.replace(/\/\S*tastic-home-\w+/, "HOME");
}

/** A flag that is wrong is refused before a parent is looked for. */
function withoutParent(text: string): string {
  return maskIds(maskStored(text)).replace(/^(using parent|no parent) snapshot .*\n/m, "");
}

/** How long the times in a tree are written depends on the moment. */
function maskSizes(text: string): string {
  return withoutParent(text)
    .replace(/repository: \d+ B +\(/, "repository: SOME (")
    .replace(/"data_added":\d+/, '"data_added":0');
}

function withoutRepository(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !/^(repo|home)(\/|$)/.test(path)));
}
