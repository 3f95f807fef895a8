/** restic and tastic as clients of a REST server, for tests in which both use it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Repository } from "@tastic/repository";
import { backup, check } from "@tastic/snapshots";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { expect } from "vitest";
import { HASTY } from "./hastily.js";
import { runRestic, succeed, testPassword, type Outcome, type RunOptions } from "./peers.js";

/** "http://127.0.0.1:1234/" and "alice/laptop" as restic takes them. */
export function restUrl(
  server: string,
  path: string,
  user?: { readonly name: string; readonly password: string },
): string {
  const url = new URL(`${path}/`, server);
  if (user !== undefined) [url.username, url.password] = [user.name, user.password];
  return `rest:${url.href}`;
}

/** A repository whose password costs nothing to try. */
export async function initCheaply(repo: string): Promise<void> {
  await withStorage(repo, async (storage) => {
    await Repository.init(storage, { password: testPassword, scrypt: { N: 16, r: 1, p: 1 } });
  });
}

export async function restic(repo: string, args: readonly string[], home?: string): Promise<Outcome> {
  return succeed(await runRestic(args, { repo, timeout: 300_000, ...(home === undefined ? {} : { home }) }));
}

export async function tasticBackup(repo: string, target: string): Promise<void> {
  await withRepository(repo, async (repository) => {
    await repository.loadIndex();
    const { errorCount } = await backup(repository, {
      targets: [target],
      programVersion: "test",
      workers: 0,
    });
    if (errorCount > 0) throw new Error(`${errorCount} errors in a backup to ${repo}`);
  });
}

export async function tasticCheck(repo: string): Promise<void> {
  await withRepository(repo, async (repository) => {
    const problems: unknown[] = [];
    const { errorCount } = await check(repository, {
      readData: { kind: "all" },
      onEvent: (event) => problems.push(event),
    });
    if (errorCount > 0) throw new Error(`check of ${repo}: ${JSON.stringify(problems)}`);
  });
}

async function withRepository(repo: string, work: (repository: Repository) => Promise<void>): Promise<void> {
  await withStorage(repo, async (storage) =>
    work(await Repository.open(storage, { password: testPassword })),
  );
}

async function withStorage(
  repo: string,
  work: (storage: ReturnType<typeof createRestStorage>) => Promise<void>,
): Promise<void> {
  const storage = createRestStorage({ location: parseRestLocation(repo) });
  try {
    await work(storage);
  } finally {
    await storage.close();
  }
}

/** Runs a program to its end: `runRestic` or `runTastic`. */
export type Runner = (args: readonly string[], options: RunOptions) => Promise<Outcome>;

export interface Life {
  /** The repository; several places of the same one, such as two gateways, take turns. */
  readonly repos: readonly string[];
  /** A second repository, to copy to. */
  readonly other: string;
  /** For what the life needs beside the repositories; `restored` in it is what it has restored. */
  readonly folder: string;
  readonly source: string;
  /** Changes the source. */
  readonly add: (round: number) => Promise<void>;
}

/** A whole life of a repository: init, backup, restore, keys, locks, forget, prune and copy, and clean checks after each. */
export async function live(program: Runner, { repos, other, folder, source, add }: Life): Promise<void> {
  const home = join(folder, "home");
  let turn = 0;
  const run = async (args: readonly string[], options: RunOptions = {}): Promise<string> => {
    const repo = repos[turn++ % repos.length]!;
    return succeed(await program(args, { repo, home, timeout: 300_000, ...options })).stdout;
  };
  const ids = async (type: string, options?: RunOptions): Promise<string[]> =>
    (await run(["list", type, "--no-lock"], options)).split("\n").filter((line) => line !== "");
  const check = ["check", "--read-data"];

  // Keys that tastic makes are cheap, else most of a life would go to trying them.
  await run(["init"], { env: HASTY });
  for (let round = 0; round < 2; round++) {
    await add(round);
    await run(["backup", source, "--tag", `round${round}`]);
  }
  expect(await ids("snapshots")).toHaveLength(2);
  await run(check);
  await run(["restore", "latest", "--target", join(folder, "restored")]);

  const [first = ""] = await ids("keys");
  const second: RunOptions = { password: "another" };
  await writeFile(join(folder, "second-password"), "another");
  await run(["key", "add", "--new-password-file", join(folder, "second-password")], { env: HASTY });
  expect(await ids("keys", second)).toHaveLength(2);
  await run(["key", "remove", first], second);
  expect((await program(["cat", "config"], { repo: repos[0]!, home })).code).not.toBe(0);
  await writeFile(join(folder, "first-password"), testPassword);
  const passwd = ["key", "passwd", "--new-password-file", join(folder, "first-password")];
  await run(passwd, { ...second, env: HASTY });
  expect(await ids("keys")).toHaveLength(1);

  await run(["forget", "--keep-last", "1", "--prune"]);
  expect(await ids("snapshots")).toHaveLength(1);
  await run(check);
  const from = { repo: other, env: { RESTIC_FROM_PASSWORD: testPassword } };
  const init = ["init", "--copy-chunker-params", "--from-repo", repos[0]!];
  await run(init, { ...from, env: { ...from.env, ...HASTY } });
  await run(["copy", "--from-repo", repos.at(-1)!], from);
  await run(check, { repo: other });
  await run(["unlock", "--remove-all"]);
  expect(await ids("locks")).toEqual([]);
}
