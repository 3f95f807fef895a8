// Builds, fetches the real restic and runs the benchmarks; benchmarks/README.md has the options.
//
//   npm run bench                 tastic against restic
//   npm run bench -- --micro      the parts on their own
//   npm run bench -- --scaling    how time and memory grow with files and bytes
//   npm run bench -- --server     `tastic serve rest` against rest-server
//   npm run bench -- --threebots  a thousand 3Bots against one marketplace, for simulated days
import { join } from "node:path";
import { ensurePeers } from "./peers.mjs";
import { ensureNode } from "./newer-node.mjs";
import { root, run } from "./pnpm.mjs";
import { setup } from "./setup.mjs";

const programs = {
  "--micro": "micro.mjs",
  "--scaling": "scaling.mjs",
  "--server": "rest-server.mjs",
  "--threebots": "threebots.mjs",
};
const alone = ["--micro", "--threebots"];

await setup();
const args = process.argv.slice(2);
const special = args.find((arg) => arg in programs);
const program = join(root, "benchmarks", special ? programs[special] : "run.mjs");
const rest = args.filter((arg) => arg !== special);
// `--node 24`: a version rather than a path.
const nodeAt = rest.indexOf("--node") + 1;
if (nodeAt > 0 && /^\d+$/.test(rest[nodeAt] ?? "")) rest[nodeAt] = ensureNode(rest[nodeAt]);
if (special === undefined || !alone.includes(special)) {
  const { reason, ...peers } = ensurePeers();
  const [flag, peer] =
    special === "--server" ? ["--rest-server", "restic-rest-server"] : ["--restic", "restic"];
  if (peers[peer] === undefined) {
    console.error(`there is no ${peer} to compare with: ${reason}`);
    process.exit(1);
  }
  rest.unshift(flag, peers[peer]);
}
const flags = special === "--threebots" ? ["--expose-gc"] : [];
run(process.execPath, [...flags, program, ...rest], { quiet: true });
