// Runs the pnpm that package.json pins, whether or not the machine has one: `node scripts/pnpm.mjs install`.
// Other scripts call `pnpm(args)`.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;

/** Runs a command in the root folder with our standard streams; ends this process if it fails. */
export function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) throw error;
  if (status !== 0) {
    if (!options.quiet) console.error(`failed (${signal ?? status}): ${command} ${args.join(" ")}`);
    process.exit(status ?? 1);
  }
}

/** Runs the pinned pnpm: through npx, which fetches it into npm's cache the first time. */
export function pnpm(args, options = {}) {
  const windows = process.platform === "win32";
  run("npx", ["--yes", pinned, ...args], { shell: windows, ...options });
}

/** The path of a program that the workspace's root depends on. */
export function bin(name) {
  const path = join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
  if (!existsSync(path)) throw new Error(`${name} is not installed: run \`npm run build\` first`);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) pnpm(process.argv.slice(2));
