/** kill -9 of the deployer at random moments: what it had begun goes on, no 3Bot runs twice, none is lost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { processesWith } from "../dist/deployer/process-table.js";
import { readFile } from "node:fs/promises";
import { temporaryFolder } from "../../../test/support/folders.js";
import { goodPassword as password, startSite, until, type Site } from "./support/deployer-site.js";
import { freeAddresses } from "./support/free-addresses.js";

/** How many moments: 5, or what TASTIC_KILL_MOMENTS says. */
const moments = Number(process.env["TASTIC_KILL_MOMENTS"] ?? 5);
const [program, standIn] = ["deployer-process.mjs", "stand-in-threebot.mjs"].map((name) =>
  fileURLToPath(new URL(`support/${name}`, import.meta.url)),
) as [string, string];

interface Done {
  readonly did: string;
  readonly name?: string;
}

it(
  `killed at ${moments} moments, it goes on with what it had begun`,
  { timeout: 60_000 + moments * 60_000 },
  async () => {
    const seen = new Map<string, number>();
    for (let moment = 0; moment < moments; moment++) {
      const folder = await temporaryFolder();
      const [listen, one, two] = (await freeAddresses(3)) as [string, string, string];
      const child = spawn(process.execPath, [program, folder, "bot", listen, one, two, standIn], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const done: Done[] = [];
      const lines = createInterface({ input: child.stdout });
      const closed = once(lines, "close");
      const exited = once(child, "exit");
      const first = new Promise<void>((resolve) => {
        lines.on("line", (line) => {
          done.push(JSON.parse(line) as Done);
          resolve();
        });
      });
      await first;
      await sleep(((moment + Math.random()) / moments) * 6_000);
      child.kill("SIGKILL");
      await exited;
      await closed;
      const last = new Map(
        done.flatMap(({ did, name }) => (name === undefined ? [] : [[name, did] as const])),
      );
      const site = await startSite({ folder, listen, listenOn: [one, two] });
      await site.login();
      for (const [name, did] of last) {
        seen.set(did, (seen.get(did) ?? 0) + 1);
        try {
          await check(site, name, did);
        } catch (cause) {
          throw new Error(`${name}, killed after ${did}: ${String(cause)}`, { cause });
        }
      }
      await site.end();
    }
    console.log(`killed after: ${[...seen].map(([did, count]) => `${did} ${count}`).join(", ")}`);
  },
);

async function check(site: Site, name: string, did: string): Promise<void> {
  const get = async () => (await site.ask("GET", `deployer/deployments/${name}`)).body;
  const field = async (key: string): Promise<string> => {
    const value = (await get())[key];
    return typeof value === "string" ? value : "absent";
  };
  const settled = async (): Promise<string> => {
    await expect
      .poll(() => field("step"), { timeout: 90_000 })
      .toMatch(/^(?:running|stopped|failed|absent|prepare)$/);
    return field("state");
  };
  let state = await settled();
  if (did === "begin" && (state === "absent" || state === "failed")) {
    // Nobody was told that it had been made: the person at the page does the same once more.
    const { status, body } = await site.ask("POST", "deployer/create", { name, password });
    expect([status, body]).toMatchObject([200, { name }]);
    await until(site, name, "running");
    state = "running";
  }
  const allowed =
    did === "move" || did === "running" || did === "stopped" ? ["running", "stopped"] : ["running"];
  expect([
    name,
    did,
    allowed.includes(state) ? "as allowed" : `${state} ${JSON.stringify(await get())}`,
  ]).toEqual([name, did, "as allowed"]);
  if (state === "stopped") {
    await site.ask("POST", `deployer/deployments/${name}/start`, {});
    await until(site, name, "running");
  }
  // One process of it, at the target that it is at.
  const counts: Record<string, number> = {};
  for (const target of ["here", "there"]) counts[target] = (await processesOf(site, target, name)).length;
  const { target } = await get();
  expect([name, counts]).toEqual([
    name,
    { here: target === "here" ? 1 : 0, there: target === "there" ? 1 : 0 },
  ]);
}

async function processesOf(site: Site, target: string, name: string): Promise<number[]> {
  const folder = join(site.folder, target, name);
  const port = await readFile(join(folder, "port"), "utf8").catch(() => "none");
  const folders = [
    "--state",
    join(folder, "state"),
    "--home",
    join(folder, "home"),
    "--setup",
    join(folder, "setup.json"),
  ];
  return processesWith([...folders, "--port", port]);
}
