// On what a benchmark ran. Not the name of the host: results are published.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";

/** @typedef {{ cpu: string, cores: number, memoryGiB: number, system: string, node: string, restic: string | undefined, tastic: string }} Machine */

/**
 * @param {string} node the Node that runs tastic
 * @param {string} [restic]
 * @returns {Machine}
 */
export function describeMachine(node, restic) {
  const processors = cpus();
  const manifest = JSON.parse(
    readFileSync(new URL("../packages/tastic/package.json", import.meta.url), "utf8"),
  );
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${distribution()}, ${type()} ${release().split("-")[0]}`,
    node: call(node, "--version"),
    restic: restic === undefined ? undefined : call(restic, "version").split(" compiled")[0],
    tastic: String(manifest.version),
  };
}

function distribution() {
  const file = "/etc/os-release";
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? process.platform;
}

/** @param {string} program @param {string} argument */
function call(program, argument) {
  return execFileSync(program, [argument], { encoding: "utf8" }).trim();
}
