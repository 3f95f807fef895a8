// Where benchmarks happen: the two programs, kept apart from the user's settings, and repositories that every run
// gets a fresh copy of. All repositories descend from one that restic made, so that both programs open a key of the
// same cost and cut with the same polynomial.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureDataSet, warm } from "./data-sets.mjs";
import { linkFolder } from "./folders.mjs";
import { measure } from "./measure.mjs";
import { Stores } from "./stores.mjs";

/** @typedef {{ name: "restic" | "tastic", command: readonly string[] }} Tool */
/** @typedef {import("./data-sets.mjs").DataSet} DataSet */

export class Workplace {
  #home;
  #scale;
  /** @type {Map<string, DataSet>} */
  #sets = new Map();
  /** Everything that goes when the benchmark ends. */
  #work;
  /** @type {Stores} */
  #stores;
  /** Where the repository of a state is, if not in its folder. @type {Map<string, Record<string, string>>} */
  #elsewhere = new Map();

  /** @param {{ home: string, scale: number, restic: Tool, tastic: Tool, latency?: number }} options */
  constructor({ home, scale, restic, tastic, latency = 0 }) {
    this.#home = home;
    this.#scale = scale;
    this.#work = join(home, "work");
    this.#stores = new Stores(join(this.#work, "stores"), latency);
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

  /** Ends what runs, and removes what there is. */
  async close() {
    await this.#stores.stop();
    this.clean();
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
      ...this.#elsewhere.get(state),
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
   * A copy of a state for one run. Then waits until all is on disk, so that nobody is measured with what others left to be written.
   * @param {string} state
   * @param {string} copy where to; what is there goes
   */
  freshCopy(state, copy = this.path("run")) {
    rmSync(copy, { recursive: true, force: true });
    this.#elsewhere.delete(copy);
    linkFolder(state, copy);
    spawnSync("sync", ["-f", copy]);
    return copy;
  }

  /**
   * The same with the repository on a server, which has it to itself if it is to be added to. The cache is empty.
   * @param {string} state
   * @param {import("./stores.mjs").StoreKind} kind
   * @param {boolean} adds
   */
  async remoteCopy(state, kind, adds) {
    const copy = this.path("run");
    const elsewhere = await this.#stores.place(kind, join(state, "repository"), adds);
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy, { recursive: true });
    spawnSync("sync", ["-f", this.#work]);
    this.#elsewhere.set(copy, elsewhere);
    return copy;
  }

  /** The id of the tree of the newest snapshot, as the real restic sees it. @param {string} state */
  async newestTree(state) {
    const { stdout } = await this.run(this.restic, state, ["snapshots", "--json", "latest"]);
    return String(JSON.parse(stdout).at(-1).tree);
  }
}
