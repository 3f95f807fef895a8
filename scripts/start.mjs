// `npm start` shows the whole service on this machine: two backup servers, a marketplace, and a 3Bot that is backed up and
// has its page; `npm start -- --once` ends when that has been done. `npm start -- FOLDER` backs up a folder of yours with
// the command. Everything is kept in .tastic/, which git ignores.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { root } from "./pnpm.mjs";
import { setup } from "./setup.mjs";

const home = join(root, ".tastic");
const repository = join(home, "repository");
const passwordFile = join(home, "password");
const tastic = join(root, "packages", "tastic", "bin", "tastic.js");
const threebot = join(root, "packages", "threebot", "bin", "3bot-backup.js");

await main();

async function main() {
  const given = process.argv.slice(2).filter((word) => word !== "--");
  if (given.length === 0 || given[0] === "--once") {
    await setup();
    await demonstrate(given);
    return;
  }
  if (given.some((word) => word.startsWith("-")) || given.length > 1) {
    fail(
      `usage: npm start [-- FOLDER | --once]\n\nMore is in the command itself: ${commandLine(["--help"])}`,
    );
  }
  const folder = expand(given[0]);
  if (!existsSync(folder)) fail(`${folder} does not exist. Name a folder or a file: npm start -- FOLDER`);
  await setup();
  prepare();

  title(`Backing up ${folder}`);
  // From the folder above, so that the snapshot holds the folder and not the way to it.
  // A backup of this very checkout shall not hold itself.
  const flags = home.startsWith(folder) ? ["--exclude", home] : [];
  tasticIn(resolve(folder, ".."), ["backup", ...flags, basename(folder) || "."], { mayBeIncomplete: true });
  title("All snapshots");
  tasticIn(root, ["snapshots"]);
  title("Reading everything back to see that it is good");
  tasticIn(root, ["check", "--read-data"]);

  const target = join(home, "restored");
  title("Done. To see it come back");
  console.log(
    `  ${commandLine(["-r", repository, "-p", passwordFile, "restore", "latest", "--target", target])}`,
  );
  console.log(
    `\nThe password is in ${relative(root, passwordFile)}. With it, restic opens this repository, too.`,
  );
}

/** Runs until it is interrupted, and then until it has come to an end. */
function demonstrate(flags) {
  const line = [threebot, "demo", "--folder", join(home, "3bot"), ...flags];
  const child = spawn(process.execPath, line, { stdio: "inherit" });
  // A terminal interrupts both; whoever ends this one means both.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

/** Makes the password on the first run, and the repository. */
function prepare() {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (!existsSync(passwordFile)) {
    if (existsSync(join(repository, "config"))) {
      fail(
        `${passwordFile} is gone, and without it nobody can open ${repository}. Put it back, or remove both.`,
      );
    }
    writeFileSync(passwordFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  }
  if (existsSync(join(repository, "config"))) return;
  title(`Making a repository in ${repository}`);
  tasticIn(root, ["init"]);
}

/** Runs our command as a user would, with the terminal. */
function tasticIn(cwd, args, { mayBeIncomplete = false } = {}) {
  const line = [tastic, "-r", repository, "-p", passwordFile, ...args];
  const { status, signal, error } = spawnSync(process.execPath, line, { cwd, stdio: "inherit" });
  if (error) throw error;
  if (status === 0 || (mayBeIncomplete && status === 3)) return;
  process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}

/** The command line that does this from anywhere, for people to copy. */
function commandLine(args) {
  const quoted = [process.execPath, tastic, ...args].map((word) =>
    /^[\w@%+=:,./\\-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  return quoted.join(" ");
}

/** A path as a shell would take it; npm hands it on as it was typed, and may have moved to the checkout. */
function expand(path) {
  const expanded = path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
  return resolve(process.env.INIT_CWD ?? process.cwd(), expanded);
}

function title(text) {
  console.log(`\n== ${text}\n`);
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
