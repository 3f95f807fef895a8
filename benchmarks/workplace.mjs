// Where benchmarks happen: the two programs, kept apart from the user's settings, and repositories that every run
// gets a fresh copy of. All repositories descend from one that restic made, so that both programs open a key of the
// same cost and cut with the same polynomial.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureDataSet, warm } from "./data-sets.mjs";
import { measure } from "./measure.mjs";

/** @typedef {{ name: "restic" | "tastic", command: readonly string[] }} Tool */
/** @typedef {import("./data-sets.mjs").DataSet} DataSet */

export class Workplace {
  #home;
  #scale;
  /** @type {Map<string, DataSet>} */
  #sets = new Map();
  /** Everything that goes when the benchmark ends. */
  #work;

  /** @param {{ home: string, scale: number, restic: Tool, tastic: Tool }} options */
  constructor({ home, scale, restic, tastic }) {
    this.#home = home;
    this.#scale = scale;
    this.#work = join(home, "work");
    this.restic = restic;
    this.tools = [restic, tastic];
    this.#refuseCompany();
    this.clean();
    mkdirSync(join(this.#work, "tmp"), { recursive: true });
    writeFileSync(join(this.#work, "pid"), String(process.pid));
  }

  /** Two benchmarks at once would measure each other, and take each other's files away. */
  #refuseCompany() {
    const file = join(this.#work, "pid");
    const pid = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (pid !== "" && existsSync(`/proc/${pid}`))
      throw new Error(`a benchmark is running already: process ${pid}`);
  }

  clean() {
    rmSync(this.#work, { recursive: true, force: true });
  }

  /** The data set of this name, in the page cache. @param {string} name */
  set(name) {
    const known = this.#sets.get(name);
    if (known) return known;
    const set = ensureDataSet(this.#home, name, this.#scale);
    warm(set);
    this.#sets.set(name, set);
    return set;
  }

  /** A place for files of this benchmark. @param {string} name */
  path(name) {
    return join(this.#work, name);
  }

  /**
   * Runs a program on the repository in the folder `state`, which also has its cache.
   * @param {Tool} tool
   * @param {string} state
   * @param {readonly string[]} args
   * @param {string} cwd
   */
  run(tool, state, args, cwd = this.#work) {
    const env = {
      PATH: process.env.PATH ?? "/usr/bin:/bin",
      HOME: this.#work,
      TMPDIR: join(this.#work, "tmp"),
      LC_ALL: "C",
      TZ: "UTC",
      RESTIC_REPOSITORY: join(state, "repository"),
      RESTIC_CACHE_DIR: join(state, "cache"),
      RESTIC_PASSWORD: "benchmark",
      RESTIC_HOST: "benchmark",
    };
    return measure([...tool.command, ...args], { cwd, env });
  }

  /** An empty repository. Returns its folder, which must be copied, not used. */
  async empty() {
    return this.#once("empty", (state) => this.run(this.restic, state, ["init"]));
  }

  /** A repository with a few small snapshots, made by restic. */
  async few() {
    const source = this.path("few-files");
    mkdirSync(source, { recursive: true });
    const empty = await this.empty();
    return this.#once("few", async (state) => {
      rmSync(state, { recursive: true });
      linkFolder(empty, state);
      for (let i = 0; i < 8; i++) {
        writeFileSync(join(source, `file-${i}`), `the ${i}. file\n`);
        await this.run(this.restic, state, ["backup", "."], source);
      }
    });
  }

  /** A repository that has this data set, backed up by this tool. @param {Tool} tool @param {string} name */
  async backedUp(tool, name) {
    const { folder } = this.set(name);
    const empty = await this.empty();
    return this.#once(`${tool.name}-${name}`, async (state) => {
      rmSync(state, { recursive: true });
      linkFolder(empty, state);
      await this.run(tool, state, ["backup", "."], folder);
    });
  }

  /** Keeps the outcome of a backup of this data set for `backedUp`. @param {Tool} tool @param {string} name @param {string} state */
  keep(tool, name, state) {
    const target = this.path(`${tool.name}-${name}`);
    if (!existsSync(target)) renameSync(state, target);
  }

  /** @param {string} name @param {(state: string) => Promise<unknown>} make */
  async #once(name, make) {
    const state = this.path(name);
    if (existsSync(state)) return state;
    const unfinished = `${state}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    await make(unfinished);
    renameSync(unfinished, state);
    return state;
  }

  /**
   * A copy of a state for one run. Repositories never write into a file that is there, so hard links are as good as
   * copies. Then waits until all is on disk, so that nobody is measured with what others left to be written.
   * @param {string} state
   * @param {string} copy where to; what is there goes
   */
  freshCopy(state, copy = this.path("run")) {
    rmSync(copy, { recursive: true, force: true });
    linkFolder(state, copy);
    spawnSync("sync", ["-f", copy]);
    return copy;
  }

  /** The id of the tree of the newest snapshot, as the real restic sees it. @param {string} state */
  async newestTree(state) {
    const { stdout } = await this.run(this.restic, state, ["snapshots", "--json", "latest"]);
    return String(JSON.parse(stdout).at(-1).tree);
  }
}

/** @param {string} from @param {string} to */
function linkFolder(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else linkSync(source, target);
  }
}

/**
 * How many files are below a folder, and how many bytes they have.
 * @param {string} folder
 */
export function totals(folder) {
  let [files, bytes] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    files++;
    bytes += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return { files, bytes };
}
