// Brings the programs that tests hold tastic against ("peers") into .peers/, without installing anything: Debian
// packages, fetched by apt with lists and a cache of its own, and unpacked. Works as any user; needs Debian's apt.
//
//   TASTIC_RESTIC=/path/to/restic   use this restic instead
//   TASTIC_REQUIRE_PEERS=1          a missing peer is an error rather than a notice
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./pnpm.mjs";

/**
 * What is fetched. A peer is one folder in .peers/; `programs` are what tests call, in `folder` of the package
 * (usr/bin if not given). Where the machine has them in its PATH in the right version, nothing is fetched.
 * `ownRelease` takes the package of the Debian that runs here, for programs that are linked to its libraries. A program
 * that tells no version is tried with `arguments`, and has to print `pattern`.
 */
const peers = {
  restic: {
    packages: ["restic"],
    programs: ["restic"],
    override: "TASTIC_RESTIC",
    version: { arguments: ["version"], pattern: /^restic (\d+\.\d+\.\d+)/, atLeast: "0.19.1" },
  },
  attr: {
    packages: ["attr"],
    programs: ["getfattr", "setfattr"],
    version: { arguments: ["--version"], pattern: /^getfattr (\d+\.\d+\.\d+)/, atLeast: "2.4.0" },
  },
  "rest-server": {
    packages: ["restic-rest-server"],
    programs: ["restic-rest-server"],
    version: {
      arguments: ["--version"],
      pattern: /restic-rest-server (\d+\.\d+\.\d+)/,
      atLeast: "0.14.0",
    },
  },
  rclone: {
    packages: ["rclone"],
    programs: ["rclone"],
    version: { arguments: ["version"], pattern: /^rclone v(\d+\.\d+\.\d+)/, atLeast: "1.60.0" },
  },
  "sftp-server": {
    packages: ["openssh-sftp-server"],
    programs: ["sftp-server"],
    folder: "usr/lib/openssh",
    ownRelease: true,
    version: { arguments: ["-Q", "requests"], pattern: /^opendir$/m },
  },
};

const peersFolder = join(root, ".peers");
const keyrings = ["gpg", "pgp"].map((end) => `/usr/share/keyrings/debian-archive-keyring.${end}`);

/** The paths of the peers' programs, by name, and in `reason` why some are missing. Fetches nothing. */
export function findPeers() {
  const found = {};
  const reasons = [];
  for (const [name, peer] of Object.entries(peers)) {
    const place = locate(name, peer);
    if (place.programs) Object.assign(found, place.programs);
    else reasons.push(place.reason);
  }
  return reasons.length === 0 ? found : { ...found, reason: reasons.join("; ") };
}

/** Fetches what is missing, says what there is, and gives back `findPeers()`. */
export function ensurePeers() {
  const missing = Object.entries(peers).filter(([name, peer]) => !locate(name, peer).programs);
  const overridden = missing.filter(([, peer]) => peer.override && process.env[peer.override]);
  const failure = fetchPeers(missing.filter((entry) => !overridden.includes(entry)));
  const found = findPeers();
  for (const [name, peer] of Object.entries(peers)) {
    const place = locate(name, peer);
    const text = place.programs
      ? Object.values(place.programs).join(", ")
      : `none: ${failure ?? place.reason}`;
    console.log(`peer ${name}: ${text}`);
  }
  if (found.reason && process.env.TASTIC_REQUIRE_PEERS === "1") {
    console.error(`TASTIC_REQUIRE_PEERS is set, and a peer is missing: ${failure ?? found.reason}`);
    process.exit(1);
  }
  return found;
}

/** Where a peer's programs are: `{ programs }`, or `{ reason }`. */
function locate(name, peer) {
  const override = peer.override && process.env[peer.override];
  if (override) {
    const problem = problemOf(peer, override);
    return problem
      ? { reason: `${peer.override}=${override}: ${problem}` }
      : { programs: { [name]: override } };
  }
  // What lies in .peers/ was tried out when it was put there.
  const fetched = peer.programs.map((program) => join(peersFolder, name, folderOf(peer), program));
  if (fetched.every((path) => existsSync(path))) return { programs: byName(peer, fetched) };
  const system = peer.programs.map(
    (program) => findInPath(program) ?? inFolder(`/${folderOf(peer)}`, program),
  );
  if (system.every(Boolean) && !problemOf(peer, system[0])) return { programs: byName(peer, system) };
  return { reason: `${name} is not there (\`npm run peers\` fetches it on Debian)` };
}

function byName(peer, paths) {
  return Object.fromEntries(peer.programs.map((program, i) => [program, paths[i]]));
}

function folderOf(peer) {
  return peer.folder ?? "usr/bin";
}

/** The path of a program, or undefined where it is in no folder of PATH. */
export function findInPath(program) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = folder === "" ? undefined : inFolder(folder, program);
    if (path) return path;
  }
  return undefined;
}

function inFolder(folder, program) {
  const path = join(folder, program);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** Why a program cannot be used, if so. */
function problemOf(peer, path) {
  const { stdout, error } = spawnSync(path, peer.version.arguments, { encoding: "utf8", timeout: 60_000 });
  if (error) return error.message;
  const found = peer.version.pattern.exec(stdout);
  if (!found) return "does not run";
  const [, version] = found;
  return version === undefined || atLeast(version, peer.version.atLeast)
    ? undefined
    : `is ${version}, older than ${peer.version.atLeast}`;
}

function atLeast(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split(".").map(Number));
  const different = a.findIndex((part, i) => part !== b[i]);
  return different === -1 || a[different] > b[different];
}

/** Fetches and unpacks peers. Returns why it could not, if so. */
function fetchPeers(missing) {
  if (missing.length === 0) return undefined;
  const keyring = keyrings.find((path) => existsSync(path));
  if (!findInPath("apt-get") || !findInPath("dpkg") || !keyring) {
    return "this machine is not a Debian with apt-get, dpkg and debian-archive-keyring";
  }
  mkdirSync(peersFolder, { recursive: true });
  const work = mkdtempSync(join(peersFolder, "fetch-"));
  try {
    const own = missing.some(([, peer]) => peer.ownRelease) ? ownRelease() : undefined;
    const config = configureApt(work, keyring, own);
    const packages = missing.flatMap(([, peer]) => peer.packages);
    console.log(`fetching from Debian: ${packages.join(", ")}`);
    call("apt-get", ["-q", "-c", config, "update"], work);
    for (const [name, peer] of missing) unpack(name, peer, config, work, peer.ownRelease ? own : "sid");
    return undefined;
  } catch (error) {
    return error.message;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The code name of the Debian that this is, such as "bookworm"; "stable" for its relatives. */
function ownRelease() {
  const facts = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(facts)?.[1];
  return /^ID=debian$/m.test(facts) && codename ? codename : "stable";
}

/**
 * Writes a configuration that keeps apt away from the machine's own lists, cache and hooks, with Debian sid and one
 * more release, if given. Returns its path.
 */
function configureApt(work, keyring, release) {
  for (const folder of ["lists/partial", "cache/archives/partial", "none"]) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  writeFileSync(join(work, "status"), "");
  const releases = release === undefined || release === "sid" ? ["sid"] : ["sid", release];
  writeFileSync(
    join(work, "sources.list"),
    releases.map((name) => `deb [signed-by=${keyring}] http://deb.debian.org/debian ${name} main\n`).join(""),
  );
  const settings = {
    "Dir::Etc::SourceList": join(work, "sources.list"),
    "Dir::Etc::SourceParts": join(work, "none"),
    "Dir::Etc::Preferences": "/dev/null",
    "Dir::Etc::PreferencesParts": join(work, "none"),
    "Dir::State::Lists": join(work, "lists"),
    "Dir::State::Status": join(work, "status"),
    "Dir::Cache": join(work, "cache"),
    // Otherwise apt would, as root, become a user who may not write here.
    "APT::Sandbox::User": "root",
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
    "Acquire::PDiffs": "false",
    "Acquire::Retries": "3",
    "Acquire::http::Timeout": "30",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  writeFileSync(join(work, "apt.conf"), `#clear APT::Update;\n${lines.join("\n")}\n`);
  return join(work, "apt.conf");
}

function unpack(name, peer, config, work, release) {
  const downloads = join(work, `${name}-packages`);
  const unpacked = join(work, name);
  mkdirSync(downloads);
  const packages = peer.packages.map((name) => `${name}/${release}`);
  call("apt-get", ["-q", "-c", config, "download", ...packages], downloads);
  for (const file of readdirSync(downloads)) call("dpkg", ["-x", join(downloads, file), unpacked], work);
  const problem = problemOf(peer, join(unpacked, folderOf(peer), peer.programs[0]));
  if (problem) throw new Error(`${name} of Debian ${release}: ${problem}`);
  const target = join(peersFolder, name);
  rmSync(target, { recursive: true, force: true });
  renameSync(unpacked, target);
}

function call(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
    timeout: 300_000,
  });
  if (error) throw error;
  if (status !== 0) {
    const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-3).join(" ");
    throw new Error(`${command} failed (${status}): ${last}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensurePeers();
