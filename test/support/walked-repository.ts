/**
 * A repository that both tools work on at random, beside what it should hold: the model. Each operation is done by one of
 * the tools, in the repository and in the model.
 */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { removeFolder } from "./folders.js";
import { checkWithBoth } from "./history.js";
import { jsonLines, runRestic, runTastic, startTastic, succeed } from "./peers.js";
import type { Outcome, RunOptions } from "./peers.js";
import type { Random } from "./random.js";
import { describeFolder, editFolder, stateOf, without } from "./walked-folder.js";
import type { FolderState } from "./walked-folder.js";

interface Kept {
  readonly state: FolderState;
  readonly tags: readonly string[];
  /** As the snapshot says. */
  readonly time: string;
}

interface Listed {
  readonly id: string;
  readonly time: string;
  readonly tags?: readonly string[];
}

const TAGS = ["red", "green", "blue"] as const;
const EXCLUDED = ["file-1", "file-2", "folder-1", "with space"] as const;
const PRUNES = [
  ["--max-unused=0"],
  ["--max-unused=30%"],
  ["--max-unused=unlimited"],
  ["--max-repack-size=1M"],
  ["--repack-smaller-than=3M"],
  ["--repack-cacheable-only"],
  ["--repack-uncompressed"],
] as const;

export class WalkedRepository {
  readonly #repo: string;
  readonly #source: string;
  readonly #version: 1 | 2;
  readonly #random: Random;
  readonly #model = new Map<string, Kept>();
  /** What was done, for whoever looks for the step that went wrong. */
  readonly log: string[];

  /** @param source the folder that backups read */
  constructor(repo: string, source: string, random: Random, version: 1 | 2, log: string[]) {
    this.#repo = repo;
    this.#source = source;
    this.#random = random;
    this.#version = version;
    this.log = log;
  }

  get size(): number {
    return this.#model.size;
  }

  async backup(): Promise<void> {
    editFolder(this.#source, this.#random);
    const tags = this.#someTags();
    const flags = [...tags.map((tag) => `--tag=${tag}`), ...(this.#random.once(4) ? ["--force"] : [])];
    if (this.#version === 2 && this.#random.once(4)) flags.push("--compression=off");
    // What is new while it runs would be a change that the model does not know.
    const state = stateOf(this.#source);
    const lines = jsonLines(await this.#either(["backup", "--json", ...flags, "."], { cwd: this.#source }));
    const { snapshot_id: id } = lines.at(-1) as { snapshot_id: string };
    await this.#learn(id, state);
  }

  async forgetSome(): Promise<void> {
    const ids = this.#ids().filter(() => this.#random.once(3));
    if (ids.length === 0 || ids.length === this.size) return;
    await this.#either(["forget", ...ids, ...(this.#random.once(3) ? ["--prune"] : [])]);
    for (const id of ids) this.#model.delete(id);
  }

  async forgetByPolicy(): Promise<void> {
    const keep = 2 + this.#random.below(4);
    await this.#either(["forget", "--group-by=", `--keep-last=${keep}`]);
    const times = [...this.#model.values()].map(({ time }) => time);
    const left = new Set(this.stored());
    for (const id of this.#ids()) if (!left.has(id)) this.#model.delete(id);
    // Which one of those with the same time it is, is nobody's concern.
    const kept = [...this.#model.values()].map(({ time }) => time);
    expect(kept.sort(byTime)).toEqual(times.sort(byTime).slice(-keep));
  }

  async prune(): Promise<void> {
    const allowed = PRUNES.filter(([flag]) => this.#version === 2 || flag !== "--repack-uncompressed");
    await this.#either(["prune", ...this.#random.pick(allowed)]);
  }

  async tag(): Promise<void> {
    const id = this.#anyId();
    if (id === undefined) return;
    const before = this.#model.get(id)!;
    const tag = this.#random.pick(TAGS);
    const how = this.#random.pick(["add", "remove", "set"]);
    const isThere = before.tags.includes(tag);
    const added = isThere ? before.tags : [...before.tags, tag];
    const removed = withoutTag(before.tags, tag);
    const tags = how === "add" ? added : how === "remove" ? removed : [tag];
    await this.#either(["tag", `--${how}=${tag}`, id]);
    const [made, ...more] = this.#unknown();
    expect(more).toEqual([]);
    // `set` makes a new one also where nothing changes.
    if (how !== "set") expect(made !== undefined).toBe(tags.length !== before.tags.length);
    if (made === undefined) return;
    this.#model.delete(id);
    this.#model.set(made, { ...before, tags });
  }

  async rewrite(): Promise<void> {
    const id = this.#anyId();
    if (id === undefined) return;
    const before = this.#model.get(id)!;
    const name = this.#random.pick(EXCLUDED);
    const state = without(before.state, name);
    const forget = this.#random.once(2);
    await this.#either(["rewrite", `--exclude=${name}`, ...(forget ? ["--forget"] : []), id]);
    const made = this.#unknown();
    expect(made.length).toBe(state.size === before.state.size ? 0 : 1);
    if (made.length === 0) return;
    if (forget) this.#model.delete(id);
    const listed = (await this.#listed()).find((snapshot) => snapshot.id === made[0])!;
    // What replaces nothing is marked.
    const marked = before.tags.includes("rewrite") ? before.tags : [...before.tags, "rewrite"];
    expect(listed.tags ?? []).toEqual(forget ? before.tags : marked);
    this.#model.set(made[0]!, { ...before, state, tags: listed.tags ?? [] });
  }

  async repairIndex(): Promise<void> {
    await this.#either(["repair", "index", ...(this.#random.once(2) ? ["--read-all-packs"] : [])]);
  }

  async repairSnapshots(): Promise<void> {
    await this.#either(["repair", "snapshots", "--forget"]);
  }

  /** A backup or a prune that is killed. */
  async killed(): Promise<void> {
    const backs = this.#random.once(2);
    if (backs) editFolder(this.#source, this.#random);
    const state = stateOf(this.#source);
    const args = backs ? ["backup", "."] : ["prune", "--max-unused=0"];
    const at = this.#random.below(900);
    this.log.push(`tastic ${args.join(" ")}, killed after ${at} ms`);
    const options = { repo: this.#repo, cwd: this.#source, env: { TASTIC_PACK_SIZE: "4" } };
    const running = await startTastic([...args, "--no-cache"], options);
    await sleep(at);
    running.child.kill("SIGKILL");
    await running.finished;
    await this.#either(["unlock"]);
    for (const id of this.#unknown()) await this.#learn(id, state);
  }

  /** Copies one snapshot to another repository, or all of them. */
  async copyTo(other: WalkedRepository): Promise<void> {
    const id = this.#anyId();
    if (id === undefined) return;
    const env = { RESTIC_FROM_PASSWORD: "geheim" };
    await other.#either(["copy", "--from-repo", this.#repo, id], { env });
    const [made, ...more] = other.#unknown();
    expect(more).toEqual([]);
    const wanted = this.#model.get(id)!;
    if (made !== undefined) other.#model.set(made, wanted);
    // It was copied before, or it came from there.
    else expect([...other.#model.values()].map(({ time }) => time)).toContain(wanted.time);
  }

  /** The snapshots that are stored are those of the model. */
  async compareNames(): Promise<void> {
    expect(this.stored()).toEqual(this.#ids());
  }

  /** Both checks, all data read; and both tools list what the model holds. */
  async check(): Promise<void> {
    await checkWithBoth(this.#repo);
    const wanted = [...this.#model].map(([id, { tags, time }]) => ({ id, tags, time }));
    for (const run of [runRestic, runTastic]) {
      const listed = await this.#listed(run);
      const found = listed.map(({ id, tags = [], time }) => ({ id, tags, time }));
      expect(found.sort(byId)).toEqual(wanted.sort(byId));
    }
  }

  /** Restores a snapshot, or all, to `target`: each is what the model says. */
  async compareContents(target: string, which: "one" | "all"): Promise<number> {
    const ids = this.#ids();
    const chosen = which === "all" ? ids : ids.slice(0, 1).map(() => this.#random.pick(ids));
    for (const id of chosen) {
      await this.#either(["restore", id, "--target", target]);
      expect(describeFolder(stateOf(target)), id).toEqual(describeFolder(this.#model.get(id)!.state));
      await removeFolder(target);
    }
    return chosen.length;
  }

  stored(): string[] {
    return readdirSync(`${this.#repo}/snapshots`)
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .sort();
  }

  #ids(): string[] {
    return [...this.#model.keys()].sort();
  }

  #anyId(): string | undefined {
    // By time: ids are others each time the walk is walked.
    const ids = [...this.#model].sort(([, a], [, b]) => byTime(a.time, b.time)).map(([id]) => id);
    return ids.length === 0 ? undefined : this.#random.pick(ids);
  }

  /** Snapshots that are not in the model. */
  #unknown(): string[] {
    return this.stored().filter((id) => !this.#model.has(id));
  }

  #someTags(): string[] {
    return TAGS.filter(() => this.#random.once(3));
  }

  async #learn(id: string, state: FolderState): Promise<void> {
    const { time, tags = [] } = (await this.#listed()).find((snapshot) => snapshot.id === id)!;
    this.#model.set(id, { state, tags, time });
  }

  async #listed(run = this.#random.once(2) ? runRestic : runTastic): Promise<Listed[]> {
    const args = ["snapshots", "--json", "--no-cache", "--no-lock"];
    return JSON.parse(succeed(await run(args, { repo: this.#repo })).stdout) as Listed[];
  }

  async #either(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const isRestic = this.#random.once(2);
    this.log.push(`${isRestic ? "restic" : "tastic"} ${args.join(" ")}`);
    const all = {
      ...options,
      repo: this.#repo,
      env: { RESTIC_PACK_SIZE: "4", ...options.env },
      timeout: 300_000,
    };
    return succeed(await (isRestic ? runRestic : runTastic)([...args, "--no-cache"], all));
  }
}

/** As both tools take a tag away: the last one goes where it was. */
function withoutTag(tags: readonly string[], tag: string): readonly string[] {
  if (!tags.includes(tag)) return tags;
  const left = tags.slice(0, -1);
  return left.length === tags.indexOf(tag) ? left : left.with(tags.indexOf(tag), tags.at(-1)!);
}

/** Times of the same zone; nanoseconds have as many digits as they need. */
function byTime(a: string, b: string): number {
  const [left, right] = [a, b].map((time) =>
    time.replace(/(?:\.(\d*))?Z$/, (_, digits: string = "") => `.${digits.padEnd(9, "0")}Z`),
  );
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
