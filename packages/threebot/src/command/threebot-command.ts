/** How a deployer starts a 3Bot: this very program. */
import { fileURLToPath } from "node:url";

/** With the words that a `ProcessTarget` fills in. */
export function threebotCommand(): readonly string[] {
  const program = fileURLToPath(new URL("../../bin/3bot-backup.js", import.meta.url));
  const folders = ["--state", "{state}", "--home", "{home}", "--setup", "{setup}"];
  return [process.execPath, program, "serve", ...folders, "--listen", "127.0.0.1:{port}"];
}
