/** kill -9 of a backup server at random moments while a 3Bot uses it: no snapshot is lost, and the next run goes on. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { deriveCredentials, parseName, runMarketplace, wallClock } from "@tastic/threebot";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { runTastic, succeed } from "../../../test/support/peers.js";
import { backupNow, ended, explain, fillHome, password, startThreebot } from "./owner-support.js";
import { startServerProcess, type ServerProcess } from "./support/server-process.js";
import { whenOver } from "./support/when-over.js";

/** How many moments: 2, or what TASTIC_KILL_MOMENTS says. */
const moments = Number(process.env["TASTIC_KILL_MOMENTS"] ?? 2);
const place = "marketplace";
/** Few, so that each run forgets and prunes. */
const kept = 3;

it(
  `with a server killed at ${moments} moments of its runs, a 3Bot has all its snapshots, and goes on`,
  { timeout: 120_000 + moments * 60_000 },
  async () => {
    const folder = await temporaryFolder();
    const servers = [await startServerProcess(folder, "north"), await startServerProcess(folder, "south")];
    const marketplace = await runMarketplace({
      folder: join(folder, "marketplace"),
      listen: "127.0.0.1:0",
      servers: servers.map(({ id, url, operatorUrl, operatorToken }) => ({
        ...{ id, url, operatorUrl, operatorToken },
        privateNetwork: true,
      })),
    });
    whenOver(() => marketplace.stop());
    const home = join(folder, "home");
    await mkdir(home);
    const { owner } = await startThreebot(
      { marketplace: { url: marketplace.url, seen: [] }, clock: wallClock as never },
      { home, stateFolder: join(folder, "state") },
    );
    await fillHome(home);
    const none = { daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    await owner.changeSettings({ retention: { last: kept, ...none } });
    const token = await marketplace.issueToken("alice");
    await owner.setUpMarketplace({ name: "alice", password, token });
    await owner.setAutomatic(place, false);
    const began = performance.now();
    expect((await backupNow(owner, place)).state).toBe("done");
    const duration = performance.now() - began;

    const steps = new Map<string, number>();
    for (let moment = 0; moment < moments; moment++) {
      await fillHome(home, moment);
      const victim = servers[moment % 2]!;
      const before = await owner.snapshots(place);
      const { id } = await owner.backup({ place });
      await sleep(Math.random() * duration);
      const { step } = await owner.run(id);
      await victim.kill();
      const hurt = await ended(owner, await owner.run(id));
      const at = `${victim.id} at ${hurt.state === "done" ? "the end" : step.replace(/marketplace-/g, "")}`;
      steps.set(at, (steps.get(at) ?? 0) + 1);
      await victim.start();
      const run = await backupNow(owner, place);
      expect(run.state, await explain(owner, run)).toBe("done");
      const snapshots = await owner.snapshots(place);
      expect(snapshots.map(({ copies }) => copies.length)).toEqual(snapshots.map(() => 2));
      const now = snapshots.map(({ snapshot }) => snapshot.time);
      const all = new Map([...before, ...snapshots].map(({ id: own, snapshot }) => [own, snapshot.time]));
      const newest = [...all.values()].sort((one, other) => Date.parse(other) - Date.parse(one));
      expect(now).toEqual(newest.slice(0, kept));
      // Its id is another one in each copy; and there are two of it where one was stored, but the answer was lost, and a
      // folder above the home was changed before the other was made.
      const [from, to] = [Date.parse(hurt.started), Date.parse(hurt.ended!)];
      const itsOwn = now.filter((time) => Date.parse(time) >= from && Date.parse(time) <= to);
      expect(hurt.snapshots.length === 0 || itsOwn.length > 0).toBe(true);
    }
    console.log([...steps].map(([step, count]) => `${step} ${count}`).join(", "));
    const drill = await ended(owner, await owner.drill(place));
    expect(drill.state, await explain(owner, drill)).toBe("done");
    for (const server of servers) await judge(server);
  },
);

async function judge({ place: folder }: ServerProcess): Promise<void> {
  const { repositoryPassword } = await deriveCredentials(parseName("alice"), password);
  const options = { repo: join(folder, "alice"), password: repositoryPassword, timeout: 240_000 };
  succeed(await runTastic(["check", "--read-data"], options));
}
