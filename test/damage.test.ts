/**
 * Each kind of object of a repository, damaged in each way: `check` finds it and calls nothing else damaged, the repair that
 * fits brings back all that can be and says what is lost, and the real restic agrees before and after.
 * (What both tools say word for word is in `repair*.test.ts` and `recover.test.ts`.)
 */
import { check, listSnapshots } from "@tastic/snapshots";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { damageCases } from "./support/damage-cases.js";
import type { DamageCase, Lost, RepairStep } from "./support/damage-cases.js";
import { copyOf, LAYERS, makeLayeredRepository, SECOND_PASSWORD } from "./support/layered-repository.js";
import type { Layer, LayeredRepository } from "./support/layered-repository.js";
import { sha256Hex } from "./support/bytes.js";
import { openTestRepository } from "./support/damaged-twins.js";
import { inFolder } from "./support/folders.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "./support/peers.js";
import type { Outcome, RunOptions } from "./support/peers.js";
import { runTasticHere } from "./support/run-here.js";
import { treeOf } from "./support/trees.js";

const EMPTY_FILE = `0 bytes ${sha256Hex(new Uint8Array(0))}`;
const PLAIN = ["--no-cache", "--no-lock"];

describeWithRestic("damage of each kind", () => {
  let home: string;
  let whole: LayeredRepository;
  let passed = 0;
  beforeAll(async () => {
    // So many locks at once are held by this process.
    process.setMaxListeners(0);
    home = await temporaryFolder();
    whole = await makeLayeredRepository(home);
  });
  afterAll(() => console.log(`damaged in ${passed} of ${damageCases.length} ways, found and repaired`));

  it.concurrent.each(damageCases)("$name", { timeout: 180_000 }, async (damaged) => {
    const folder = join(home, damaged.name.replaceAll(/\W+/g, "-"));
    await mkdir(folder);
    const repo = await copyOf(whole, `${folder}/repo`);
    const context = { repo, whole };
    await damaged.damage(context);
    const options: RunOptions = {
      repo,
      cwd: folder,
      ...(damaged.useSecondKey && { password: SECOND_PASSWORD }),
    };
    const steps = damaged.repair(context);
    await expectFound(damaged, steps, options);
    const said: string[] = [];
    for (const step of steps) {
      if (typeof step === "function") await step();
      else said.push(await repair(step, options));
    }
    await expectRepaired(damaged, whole, options, said.join("\n"));
    passed++;
  });
});

async function repair(args: readonly string[], options: RunOptions): Promise<string> {
  const run = (): Promise<Outcome> => runTasticHere([...args, "--no-cache"], options);
  // It leaves copies in the working folder.
  const { stdout, stderr } = succeed(await (args[1] === "packs" ? inFolder(options.cwd ?? "", run) : run()));
  return `${stdout}\n${stderr}`;
}

/** tastic's check says what the table says, quick or with all data read, and restic's ends in the same way. */
async function expectFound(
  { found }: DamageCase,
  steps: readonly RepairStep[],
  options: RunOptions,
): Promise<void> {
  const lock = found.locked === true ? ["--no-cache"] : PLAIN;
  const [quick, thorough, judged] = await Promise.all([
    runTasticHere(["check", ...lock], options),
    runTasticHere(["check", "--read-data", ...lock], options),
    runRestic(["check", "--read-data", ...lock], options),
  ]);
  const text = ({ stdout, stderr }: Outcome): string => `${stdout}\n${stderr}`;
  expect(quick.code, text(quick)).toBe(found.quick);
  expect(thorough.code, text(thorough)).toBe(found.thorough);
  if (found.restic !== "any") expect(judged.code, text(judged)).toBe(found.restic ?? found.thorough);
  for (const line of found.says) expect(text(thorough)).toMatch(line);
  // The pack that is damaged, and no other.
  const [, named] = /\n {2}repair packs ([0-9a-f ]+)\n/.exec(thorough.stderr) ?? [];
  const meant = steps.flatMap((step) =>
    typeof step !== "function" && step[1] === "packs" ? step.slice(2) : [],
  );
  if (named !== undefined) expect(named.split(" ")).toEqual(meant);
  if (found.thorough === 0) expect(thorough.stdout).toMatch(/no errors were found\n$/);
}

/** Nothing is wrong any more, and all is there but for what was told to be lost. */
async function expectRepaired(
  { lost = {}, recovered = [] }: DamageCase,
  { layers }: LayeredRepository,
  options: RunOptions,
  said: string,
): Promise<void> {
  succeed(await runRestic(["check", "--read-data", ...PLAIN], options));
  const repository = await openTestRepository(options.repo ?? "", options.password ?? undefined);
  // A worker for each case would cost more than all that it does.
  const { errorCount } = await check(repository, { readData: { kind: "all" }, workers: 0 });
  expect(errorCount).toBe(0);
  const snapshots = await listSnapshots(repository);
  const tagged = (tag: string) => snapshots.filter(({ tags }) => tags?.includes(tag));
  const left = LAYERS.filter((layer) => !recovered.includes(layer) && lost[layer] !== "all");
  expect(snapshots.length).toBe(left.length + (recovered.length > 0 ? 1 : 0));
  await Promise.all(
    left.map(async (layer) => {
      const what = lost[layer];
      const [snapshot] = tagged(layer);
      // What lost nothing is the snapshot that it was.
      if (what === undefined) expect(snapshot?.id).toBe(layers[layer].snapshot);
      else expect(snapshot?.original).toBe(layers[layer].snapshot);
      const restored = await restore(
        layer === "one" ? restoreHere : runRestic,
        snapshot?.id ?? "",
        `${options.cwd}/restored-${layer}`,
        options,
      );
      expect(restored).toEqual(without(layers[layer].tree, what));
    }),
  );
  if (recovered.length > 0) {
    const [snapshot] = tagged("recovered");
    const restored = await restore(runRestic, snapshot?.id ?? "", `${options.cwd}/restored`, options);
    expect(restored).toEqual(asRecovered(recovered.map((layer) => layers[layer])));
  }
  for (const what of Object.values(lost)) expectTold(what, said);
  if (Object.keys(lost).length === 0)
    expect(said).not.toMatch(/removed missing content|replaced with|not readable/);
}

const restoreHere = (args: readonly string[], options: RunOptions): Promise<Outcome> =>
  runTasticHere([...args, "--workers=0"], options);

async function restore(
  run: (args: readonly string[], options: RunOptions) => Promise<Outcome>,
  id: string,
  target: string,
  options: RunOptions,
): Promise<Record<string, string>> {
  succeed(await run(["restore", id, "--target", target, ...PLAIN], options));
  return treeOf(target);
}

/** Trees in folders that are called after their roots. */
function asRecovered(layers: readonly Layer[]): Record<string, string> {
  const all = layers.flatMap(({ root, tree }) => {
    const folder = root.slice(0, 8);
    return [
      [folder, "folder"],
      ...Object.entries(tree).map(([path, content]) => [`${folder}/${path}`, content]),
    ];
  });
  return Object.fromEntries(all) as Record<string, string>;
}

function expectTold(what: Lost, said: string): void {
  if (what === "all") {
    expect(said).toContain('dir "/": not readable');
    return;
  }
  for (const file of what.files ?? []) expect(said).toContain(`file "/${file}": removed missing content`);
  for (const folder of what.folders ?? [])
    expect(said).toContain(`dir "/${folder}": replaced with empty directory`);
}

/** What is left of a tree. */
function without(tree: Readonly<Record<string, string>>, what: Lost | undefined): Record<string, string> {
  if (what === "all") return {};
  const { files = [], folders = [] } = what ?? {};
  const left = Object.entries(tree)
    .filter(([path]) => !folders.some((folder) => path.startsWith(`${folder}/`)))
    .map(([path, content]) => [path, files.includes(path) ? EMPTY_FILE : content]);
  return Object.fromEntries(left) as Record<string, string>;
}
