// Builds, fetches the real restic and runs the benchmarks; benchmarks/README.md has the options.
//
//   npm run bench                 tastic against restic
//   npm run bench -- --micro      the parts on their own
//   npm run bench -- --scaling    how time and memory grow with files and bytes
import { join } from "node:path";
import { ensurePeers } from "./peers.mjs";
import { ensureNode } from "./newer-node.mjs";
import { root, run } from "./pnpm.mjs";
import { setup } from "./setup.mjs";

const programs = { "--micro": "micro.mjs", "--scaling": "scaling.mjs" };

await setup();
const args = process.argv.slice(2);
const special = args.find((arg) => arg in programs);
const program = join(root, "benchmarks", special ? programs[special] : "run.mjs");
const rest = args.filter((arg) => arg !== special);
// `--node 24`: a version rather than a path.
const nodeAt = rest.indexOf("--node") + 1;
if (nodeAt > 0 && /^\d+$/.test(rest[nodeAt] ?? "")) rest[nodeAt] = ensureNode(rest[nodeAt]);
if (special !== "--micro") {
  const { restic, reason } = ensurePeers();
  if (restic === undefined) {
    console.error(`there is no restic to compare with: ${reason}`);
    process.exit(1);
  }
  rest.unshift("--restic", restic);
}
run(process.execPath, [program, ...rest], { quiet: true });
