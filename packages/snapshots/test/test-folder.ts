/** A folder for one test. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function makeTestFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "tastic-")));
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
