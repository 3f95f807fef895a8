/**
 * Writes accounts into an htpasswd file, too, so that an operator can read it and rest-server can take over. Lines of
 * names that are no accounts are left as they are.
 */
import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { hasSystemCode, storageError, syncFile, syncFolder } from "@tastic/storage";
import type { AccountRecord } from "./account.js";

export async function mirrorAccounts(path: string, records: readonly AccountRecord[]): Promise<void> {
  try {
    const old = await readFile(path, "utf8").catch((error: unknown) => {
      if (hasSystemCode(error, ["ENOENT"])) return "";
      throw error;
    });
    const text = mirrored(old, records);
    if (text === old) return;
    const temporary = `${path}.${randomBytes(6).toString("hex")}`;
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await syncFile(handle);
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw storageError(error, "write accounts to", path);
  }
}

/** The file's new text. Suspended accounts have no line: rest-server would let them in. */
export function mirrored(old: string, records: readonly AccountRecord[]): string {
  const byName = new Map(records.map((record) => [record.name, record]));
  const kept = old.split(/\r?\n/).filter((line) => {
    const record = byName.get(line.split(":")[0] ?? "");
    // Of a removed account only the line that was ours: the operator may have let somebody of this name in again.
    if (record?.state === "removed") return !line.endsWith(record.password);
    return line !== "" && record === undefined;
  });
  const active = records.filter(({ state }) => state === "active").sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...kept, ...active.map(({ name, password }) => `${name}:${password}`), ""].join("\n");
}
