/** The version of this program, and of the restic that it does as. */
import { readFileSync } from "node:fs";

/** As package.json has it. */
export const TASTIC_VERSION = readVersion();
export const RESTIC_VERSION = "0.19.1";

function readVersion(): string {
  const json: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof json === "object" && json !== null && "version" in json ? String(json.version) : "0.0.0";
}
