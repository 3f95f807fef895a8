/** A repository whose password costs nothing to try, for tests that open it a hundred times. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Repository } from "@tastic/repository";
import type { InitOptions } from "@tastic/repository";
import { createLocalStorage } from "@tastic/storage";
import { testPassword } from "./programs.js";

const CHEAP = { N: 16, r: 1, p: 1 };

/** Makes a repository at `path`; restic opens it like any other. */
export async function makeCheapRepository(
  path: string,
  options: Partial<Pick<InitOptions, "version" | "chunkerPolynomial" | "password">> = {},
): Promise<void> {
  const storage = createLocalStorage(path);
  await Repository.init(storage, { password: testPassword, ...options, scrypt: CHEAP });
  await storage.close();
}

/** Puts such a key in the place of the only one of the repository at `path`, which may be restic's. */
export async function makePasswordCheap(path: string): Promise<void> {
  const storage = createLocalStorage(path);
  const repository = await Repository.open(storage, { password: testPassword });
  await repository.addKey(testPassword, { scrypt: CHEAP });
  await rm(join(path, "keys", repository.keyId));
  await storage.close();
}
