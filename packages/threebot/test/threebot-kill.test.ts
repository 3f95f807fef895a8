/** kill -9 of a 3Bot's service at random moments of its runs: no snapshot that was made is lost, and it goes on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { deriveCredentials, parseName, wallClock } from "@tastic/threebot";
import { expect, it } from "vitest";
import { runTastic, succeed } from "../../../test/support/peers.js";
import {
  backupNow,
  ended,
  explain,
  fillHome,
  password,
  startThreebot,
  startWorld,
  token,
} from "./owner-support.js";

/** How many moments: 6, or what TASTIC_KILL_MOMENTS says. */
const moments = Number(process.env["TASTIC_KILL_MOMENTS"] ?? 6);
const program = join(import.meta.dirname, "programs/back-up-again-and-again.mjs");
const place = "marketplace";
/** Few, so that each run forgets and prunes. */
const kept = 3;

interface Made {
  readonly id: string;
  readonly time: string;
}

interface Told {
  readonly found?: {
    readonly place: { readonly state: string };
    readonly runs: readonly { readonly id: string; readonly state: string }[];
    readonly snapshots: readonly (Made & { readonly copies: readonly string[] })[];
  };
  readonly step?: string;
  readonly ended?: { readonly state: string; readonly snapshot?: string; readonly time: string };
}

it(
  `killed at ${moments} moments of its runs, a 3Bot loses nothing that was made, and goes on`,
  { timeout: 120_000 + moments * 60_000 },
  async () => {
    const world = await startWorld();
    const real = { marketplace: world.marketplace, clock: wallClock as unknown as typeof world.clock };
    const first = await startThreebot(real);
    const { home, stateFolder } = first;
    await fillHome(home);
    const none = { daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    await first.owner.changeSettings({ retention: { last: kept, ...none } });
    await first.owner.setUpMarketplace({ name: "alice", password, token });
    await first.owner.setAutomatic(place, false);
    const began = performance.now();
    expect((await backupNow(first.owner, place)).state).toBe("done");
    const duration = performance.now() - began;
    await first.owner.stop();

    const steps = new Map<string, number>();
    const made = new Map<string, string>();
    let runs = 0;
    for (let moment = 0; moment < moments; moment++) {
      const told = await killed([home, stateFolder, world.marketplace.url], duration, moment % 2 === 0);
      const { found } = told[0]!;
      // What the one before was killed at is over, and its snapshots are there, unless so many newer ones are.
      expect(found?.place.state).toBe("ready");
      expect(found?.runs.filter(({ state }) => state === "running")).toEqual([]);
      for (const [id, time] of made) {
        const there = found?.snapshots.some((one) => one.id === id) === true;
        const newer = found?.snapshots.filter((one) => Date.parse(one.time) > Date.parse(time)).length ?? 0;
        expect([id, there || newer >= kept]).toEqual([id, true]);
        if (!there) made.delete(id);
      }
      for (const one of found?.snapshots ?? []) made.set(one.id, one.time);
      for (const { ended: end } of told) {
        if (end === undefined) continue;
        expect(end).toMatchObject({ state: "done", snapshot: expect.any(String) as string });
        made.set(end.snapshot!, end.time);
        runs++;
      }
      const last = told.at(-1)!;
      const at = last.step?.replace(/marketplace-/g, "") ?? (last.ended === undefined ? "start" : "between");
      steps.set(at, (steps.get(at) ?? 0) + 1);
    }
    console.log(
      `${runs} whole runs, killed at: ${[...steps].map(([step, count]) => `${step} ${count}`).join(", ")}`,
    );

    const second = await startThreebot(real, { home, stateFolder });
    await second.owner.start();
    const run = await backupNow(second.owner, place);
    expect(run.state, await explain(second.owner, run)).toBe("done");
    const snapshots = await second.owner.snapshots(place);
    expect(snapshots.map(({ copies }) => copies.length)).toEqual(Array.from({ length: kept }, () => 2));
    const drill = await ended(second.owner, await second.owner.drill(place));
    expect(drill.state, await explain(second.owner, drill)).toBe("done");
    await second.owner.stop();
    const { repositoryPassword } = await deriveCredentials(parseName("alice"), password);
    for (const { folder } of world.servers) {
      const options = { repo: join(folder, "alice"), password: repositoryPassword, timeout: 240_000 };
      succeed(await runTastic(["check", "--read-data"], options));
    }
  },
);

/** Lets it work until a moment, kills it, and returns what it had said by then. */
async function killed(args: readonly string[], duration: number, atStep: boolean): Promise<Told[]> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Told[] = [];
  const lines = createInterface({ input: child.stdout });
  const [closed, exited] = [once(lines, "close"), once(child, "exit")];
  // Half of them at any time of a run and a little after, the others just when a step has begun: some are short.
  const wanted = atStep ? 1 + Math.floor(Math.random() * 20) : 0;
  await new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      told.push(JSON.parse(line) as Told);
      if (told.length > wanted) resolve();
    });
    lines.once("close", resolve);
  });
  await sleep(atStep ? Math.random() * 60 : Math.random() * duration * 1.6);
  child.kill("SIGKILL");
  expect(await exited).toEqual([null, "SIGKILL"]);
  await closed;
  return told;
}
