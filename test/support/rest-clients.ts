/** restic and tastic as clients of a REST server, for tests in which both use it. */
import { join } from "node:path";
import { Repository } from "@tastic/repository";
import { backup, check } from "@tastic/snapshots";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { runRestic, succeed, testPassword, type Outcome } from "./peers.js";

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

/** A whole life of a repository with restic, ending in clean checks. `other` is a second place of the same server. */
export async function liveWithRestic(
  repo: string,
  other: string,
  {
    folder,
    source,
    add,
  }: { readonly folder: string; readonly source: string; readonly add: (round: number) => Promise<void> },
): Promise<void> {
  const home = join(folder, "home");
  const run = (...args: string[]) => restic(repo, args, home);
  await run("init");
  for (let round = 0; round < 2; round++) {
    await add(round);
    await run("backup", source, "--tag", `round${round}`);
  }
  await run("check", "--read-data");
  await run("restore", "latest", "--target", join(folder, "restored"));
  await restic(repo, ["key", "add", "--new-password-file", join(folder, "second-password")], home);
  await run("forget", "--keep-last", "1", "--prune");
  await run("check", "--read-data");
  succeed(
    await runRestic(["init", "--copy-chunker-params", "--from-repo", repo], {
      repo: other,
      home,
      env: { RESTIC_FROM_PASSWORD: testPassword },
    }),
  );
  succeed(
    await runRestic(["copy", "--from-repo", repo], {
      repo: other,
      home,
      env: { RESTIC_FROM_PASSWORD: testPassword },
    }),
  );
  await restic(other, ["check", "--read-data"], home);
  await run("unlock");
}
