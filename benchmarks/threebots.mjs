// A thousand 3Bots with daily backups against one marketplace: the services, schedules, repositories and servers are the
// real ones, only time is made up. The 3Bots are set up within one hour; after some days the power fails for two, and all
// of them start again at the same moment.
//
//   npm run bench -- --threebots [--bots 1000] [--days 3] [--save]
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createOwnerService, runMarketplace } from "@tastic/threebot";
import { describeMachine } from "./machine.mjs";
import { saveResults } from "./results.mjs";
import { SimulatedClock } from "./simulated-clock.mjs";
import { threebotsProblems, threebotsTable } from "./threebots-report.mjs";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const outage = 2 * day;
/** A run mostly waits, for its locks to settle. */
const runsAtOnce = 16;
const setUpAtOnce = 10;

const { values } = parseArgs({
  options: {
    bots: { type: "string", default: "1000" },
    days: { type: "string", default: "3" },
    save: { type: "boolean", default: false },
    /** Of the process that is the marketplace: its folder. */
    marketplace: { type: "string" },
  },
});

// Each lock listens for SIGHUP, and there is one for every run.
process.setMaxListeners(0);
if (values.marketplace === undefined) await simulate(Number(values.bots), Number(values.days));
else await beMarketplace(values.marketplace);

/* ------------------------------------------------------- the marketplace */

/** One marketplace and its two backup servers, in a process of their own. @param {string} folder */
async function beMarketplace(folder) {
  const running = await runMarketplace({
    folder,
    listen: "127.0.0.1:0",
    servers: { embedded: [{ listen: "127.0.0.1:0" }, { listen: "127.0.0.1:0" }] },
    // All come from one address here, and each asks once before it is known.
    throttle: { perAddress: { failures: 1_000_000, forgiveness: 1 } },
  });
  process.on("message", (/** @type {{ ask: "url" | "token" | "memory", name?: string }} */ { ask, name }) => {
    void (async () => {
      if (ask === "url") process.send?.(running.url);
      else if (ask === "token") process.send?.(await running.issueToken(name ?? ""));
      else process.send?.(memory());
    })();
  });
  process.on("disconnect", () => void running.stop().then(() => process.exit(0)));
}

/** Bytes, after everything that nobody needs has gone. */
function memory() {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

/** @param {string} folder */
async function startMarketplace(folder) {
  const child = fork(fileURLToPath(import.meta.url), ["--marketplace", folder], {
    execArgv: ["--expose-gc"],
  });
  /** @type {Promise<unknown>} */
  let turn = Promise.resolve();
  /** @param {{ ask: string, name?: string }} question @returns {Promise<any>} */
  const ask = (question) => {
    const answer = turn.then(
      () =>
        new Promise((resolve, reject) => {
          child.once("message", resolve);
          child.once("exit", () => reject(new Error("the marketplace has ended")));
          child.send(question);
        }),
    );
    turn = answer;
    return answer;
  };
  child.setMaxListeners(0);
  return {
    url: String(await ask({ ask: "url" })),
    token: (/** @type {string} */ name) => ask({ ask: "token", name }),
    memory: () => ask({ ask: "memory" }),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.disconnect();
      }),
  };
}

/* ------------------------------------------------------------- the 3Bots */

/**
 * @typedef {object} Bot
 * @property {string} name
 * @property {string} folder
 * @property {import("./simulated-clock.mjs").ServiceClock} clock
 * @property {import("@tastic/threebot").OwnerService} owner
 * @property {AbortController} end
 */

/** @param {number} count @param {number} days */
async function simulate(count, days) {
  const bench = fileURLToPath(new URL("../.bench", import.meta.url));
  mkdirSync(bench, { recursive: true });
  const folder = mkdtempSync(join(bench, "threebots-"));
  const begun = performance.now();
  const marketplace = await startMarketplace(join(folder, "marketplace"));
  const time = new SimulatedClock(Date.parse("2026-03-01T00:00:00Z"), runsAtOnce);
  const start = time.time;
  /** Every backup: of whom, when, and how it ended. @type {Map<string, { bot: string, at: number, state: string }>} */
  const backups = new Map();
  /** How many drills ended how. @type {Record<string, number>} */
  const drills = {};

  /** @param {Bot} bot */
  async function watch({ name, owner, clock, end }) {
    for await (const event of owner.events(end.signal)) {
      if (event.type !== "run") continue;
      const { id, kind, started, state } = event.run;
      if (state === "running") clock.begun(id);
      else clock.ended(id);
      if (kind === "backup") backups.set(`${name} ${id}`, { bot: name, at: Date.parse(started), state });
      else if (state !== "running") drills[state] = (drills[state] ?? 0) + 1;
    }
  }

  /** @param {string} name */
  async function open(name) {
    const place = join(folder, "bots", name);
    const clock = time.clock();
    const owner = await createOwnerService({
      stateFolder: join(place, "state"),
      home: join(place, "home"),
      marketplaceUrl: marketplace.url,
      clock,
    });
    const bot = { name, folder: place, clock, owner, end: new AbortController() };
    void watch(bot);
    return bot;
  }

  /** @param {Bot} bot */
  async function close({ owner, clock, end }) {
    clock.leave();
    await owner.stop();
    end.abort();
  }

  /** What every 3Bot has changed since the day before. @param {string} name @param {number} round */
  function change(name, round) {
    const home = join(folder, "bots", name, "home");
    for (const [path, content] of Object.entries({
      ".config/jumpscale/config.toml": `name = "${name}"\nround = ${round}\n`,
      [`.config/jumpscale/log/${round}.txt`]: `${name} ${round}\n`.repeat(500),
      "sandbox/var/downloaded_packages/package/index.js": "module.exports = 1;\n",
      "sandbox/code/playground/script.py": `print(${round})\n`,
      ".ssh/id_ed25519": `the key of ${name}\n`,
    })) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), content);
    }
  }

  /** @param {string} name */
  async function setUp(name) {
    change(name, 0);
    const bot = await open(name);
    const token = String(await marketplace.token(name));
    await bot.owner.setUpMarketplace({ name, password: `the password of ${name}`, token });
    await bot.owner.start();
    return bot;
  }

  /** @type {Bot[]} */
  let bots = [];
  /** @type {import("./threebots-report.mjs").Period[]} */
  const periods = [];
  let reached = start;

  /** What there was since the last one. @param {string} title @param {number} from no earlier than when all could run */
  async function period(title, from) {
    const within = [...backups.values()].filter(({ at }) => at >= reached && at < time.time);
    /** @type {Map<number, number>} */
    const perMinute = new Map();
    for (const { at } of within) {
      const slot = Math.floor(at / minute);
      perMinute.set(slot, (perMinute.get(slot) ?? 0) + 1);
    }
    let longest = 0;
    for (const { name } of bots) {
      const times = [...backups.values()]
        .filter(({ bot, state }) => bot === name && state === "done")
        .map(({ at }) => at)
        .filter((at) => at >= from)
        .sort((a, b) => a - b);
      times.push(time.time);
      times.reduce((before, at) => ((longest = Math.max(longest, at - before)), at), times[0]);
    }
    const failed = within.filter(({ state }) => state !== "done").length;
    periods.push({
      title,
      backups: within.length,
      failed,
      longestGapHours: longest / hour,
      peakPerMinute: Math.max(0, ...perMinute.values()),
      marketplace: await marketplace.memory(),
      threebots: memory(),
    });
    reached = time.time;
    process.stderr.write(`${title}: ${within.length} backups, ${since(begun)} s\n`);
  }

  try {
    for (let i = 0; i < count; i += setUpAtOnce) {
      const numbers = Array.from({ length: Math.min(setUpAtOnce, count - i) }, (_, more) => i + more);
      bots.push(...(await Promise.all(numbers.map((number) => setUp(`bot${number}`)))));
      await time.passUntil(start + Math.round((bots.length * hour) / count));
    }
    await period("set up, within an hour", start);
    for (let i = 1; i <= days; i++) {
      for (const { name } of bots) change(name, i);
      await time.passUntil(start + hour + i * day);
      await period(`day ${i}`, start);
    }
    await Promise.all(bots.map(close));
    const names = bots.map(({ name }) => name);
    bots = [];
    time.time += outage;
    reached = time.time;
    const again = time.time;
    for (const name of names) change(name, days + 1);
    bots = await Promise.all(names.map(open));
    await Promise.all(bots.map(({ owner }) => owner.start()));
    await time.passUntil(again + hour);
    await period("the hour after two days without power", again);
    const overdue = (await Promise.all(bots.map(async ({ owner }) => (await owner.status()).places))).flat();
    /** @type {import("./threebots-report.mjs").ThreebotsResults} */
    const results = {
      date: new Date().toISOString().slice(0, 10),
      machine: describeMachine(process.execPath),
      bots: count,
      periods,
      drills,
      overdue: overdue.filter((place) => place.state !== "absent" && place.overdue).length,
      seconds: since(begun),
    };
    const problems = threebotsProblems(results);
    console.log(`\n${threebotsTable(results)}\n`);
    if (problems.length > 0) console.log(`problems:\n${problems.map((text) => `- ${text}`).join("\n")}`);
    if (values.save) saveResults("threebots", results);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await Promise.all(bots.map(close));
    await marketplace.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} begun */
function since(begun) {
  return Math.round((performance.now() - begun) / 1000);
}
