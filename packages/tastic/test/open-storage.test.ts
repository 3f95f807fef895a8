/** Opening a store by its location, as programs do. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Repository, isTasticError, listSnapshots, openStorage } from "tastic";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tastic-open-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  return isTasticError(error) ? error.code : String(error);
}

it.each(["", "local:"])("a folder, as %sPATH", async (scheme) => {
  const path = join(await temporaryFolder(), "repo");
  const storage = await openStorage(`${scheme}${path}`);
  const made = await Repository.init(storage, { password: "x", scrypt: { N: 16, r: 1, p: 1 } });
  const again = await Repository.open(await openStorage(path), { password: "x" });
  expect(again.config.id).toBe(made.config.id);
  expect(await listSnapshots(again)).toEqual([]);
});

it("what makes no sense is refused, without the command's words for the terminal", async () => {
  expect(await failure(openStorage("foo:bar"))).toBe("invalid-argument");
  expect(await failure(openStorage("b2:bucket"))).toBe("unsupported");
  expect(await failure(openStorage("s3:"))).toBe("invalid-argument");
  expect(await failure(openStorage("rest:https://host/", { options: { "rest.nosuch": "1" } }))).toBe(
    "invalid-argument",
  );
  await expect(openStorage("s3:")).rejects.toThrow(/^parsing repository location failed: /);
});

it("a signal ends calls that take none", async () => {
  const leaving = new AbortController();
  const path = join(await temporaryFolder(), "repo");
  const storage = await openStorage(path, { signal: leaving.signal });
  const repository = await Repository.init(storage, { password: "x", scrypt: { N: 16, r: 1, p: 1 } });
  expect(await listSnapshots(repository)).toEqual([]);
  leaving.abort();
  expect(await failure(listSnapshots(repository))).toBe("cancelled");
  expect(await failure(Repository.open(storage, { password: "x" }))).toBe("cancelled");
});

it("tells of requests that are tried again, and a signal ends that", async () => {
  const leaving = new AbortController();
  const kinds: string[] = [];
  // Nobody listens on port 1.
  const storage = await openStorage("rest:http://127.0.0.1:1/", {
    variables: {},
    signal: leaving.signal,
    onRetry(notice) {
      kinds.push(notice.kind);
      leaving.abort();
    },
  });
  expect(await failure(Repository.open(storage, { password: "x" }))).toBe("cancelled");
  expect(kinds).toEqual(["waiting"]);
  await storage.close();
});
