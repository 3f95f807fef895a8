/** A repository whose password costs nothing to try, for tests that open it a hundred times. */
import { Repository } from "@tastic/repository";
import type { InitOptions } from "@tastic/repository";
import { createLocalStorage } from "@tastic/storage";
import { testPassword } from "./programs.js";

/** Makes a repository at `path`; restic opens it like any other. */
export async function makeCheapRepository(
  path: string,
  options: Partial<Pick<InitOptions, "version" | "chunkerPolynomial" | "password">> = {},
): Promise<void> {
  const storage = createLocalStorage(path);
  await Repository.init(storage, { password: testPassword, ...options, scrypt: { N: 16, r: 1, p: 1 } });
  await storage.close();
}
