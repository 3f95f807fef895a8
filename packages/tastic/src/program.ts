/** The name that the user calls us by: a link named `restic` makes us answer to it. */
import { basename } from "node:path";

export function programName(path: string = process.argv[1] ?? ""): "tastic" | "restic" {
  return basename(path).replace(/\.[a-z]+$/i, "") === "restic" ? "restic" : "tastic";
}
