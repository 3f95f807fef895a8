// Holds `tastic serve rest` against rest-server: 1, 8 and 64 clients at once that upload, read and list, and what each
// server took of the processors and of memory: in each act, at rest, and at most in the whole run. The clients are one
// process of plain node:http for both, so that what they cost is the same; the servers take turns, run by run, and each
// has warmed up with a few requests before it is measured.
//
//   node benchmarks/rest-server.mjs --rest-server PATH [--node PATH] [--mib 512] [--runs 3] [--clients 1,8,64]
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "./measure.mjs";
import { table } from "./table.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    "rest-server": { type: "string" },
    node: { type: "string", default: process.execPath },
    mib: { type: "string", default: "512" },
    runs: { type: "string", default: "3" },
    clients: { type: "string", default: "1,8,64" },
    /** Of the process that plays the clients: the address of the server. */
    play: { type: "string" },
  },
});

const packLength = 8 * 2 ** 20;
const warmUpPacks = 16;
const listed = 10_000;
const media = "application/vnd.x.restic.rest.v2";

/** @typedef {{ act: "upload" | "read" | "list", clients: number, seconds: number, bytes: number, requests: number }} Result */

if (values.play === undefined) await compareServers();
else await play(values.play, values.clients.split(",").map(Number), Number(values.mib));

/* ---------------------------------------------------------------- the clients */

/** Plays all clients against one server, prints one JSON line for each act. */
async function play(
  /** @type {string} */ address,
  /** @type {number[]} */ crowds,
  /** @type {number} */ mib,
) {
  const count = Math.max(1, Math.round((mib * 2 ** 20) / packLength));
  const body = randomBytes(packLength);
  /** All begin with the same bytes but for a mark, so that one buffer is enough. */
  const makePacks = (/** @type {number} */ length) =>
    Array.from({ length }, () => {
      const mark = randomBytes(32);
      body.set(mark);
      return { mark, name: createHash("sha256").update(body).digest("hex") };
    });
  await warmUp();
  for (const clients of crowds) {
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    const repository = `/c${clients}`;
    await call(agent, address, "POST", `${repository}/?create=true`);
    const packs = makePacks(count);
    await act("upload", packs, async ({ mark, name }) => {
      const rest = body.subarray(32);
      return call(agent, address, "POST", `${repository}/data/${name}`, [mark, rest]);
    });
    await act("read", packs, ({ name }) => call(agent, address, "GET", `${repository}/data/${name}`));
    await act("list", Array.from({ length: Math.max(20, clients) }), () =>
      call(agent, address, "GET", "/listed/data/"),
    );
    agent.destroy();

    /** @template T @param {Result["act"]} name @param {T[]} work @param {(item: T) => Promise<number>} one */
    async function act(name, work, one) {
      process.stdout.write(`${JSON.stringify({ begin: name, clients })}\n`);
      await new Promise((resolve) => process.stdin.once("data", resolve));
      const queue = [...work];
      const before = performance.now();
      let bytes = 0;
      await Promise.all(
        Array.from({ length: clients }, async () => {
          for (let item = queue.shift(); item !== undefined || queue.length > 0; item = queue.shift()) {
            const moved = await one(/** @type {T} */ (item));
            bytes += moved;
          }
        }),
      );
      const seconds = (performance.now() - before) / 1000;
      process.stdout.write(
        `${JSON.stringify({ act: name, clients, seconds, bytes, requests: work.length })}\n`,
      );
      await new Promise((resolve) => process.stdin.once("data", resolve));
    }
  }
  process.exit(0);

  async function warmUp() {
    const agent = new Agent({ keepAlive: true });
    await call(agent, address, "POST", "/warm/?create=true");
    for (const { mark, name } of makePacks(warmUpPacks)) {
      await call(agent, address, "POST", `/warm/data/${name}`, [mark, body.subarray(32)]);
      await call(agent, address, "GET", `/warm/data/${name}`);
    }
    await call(agent, address, "GET", "/warm/data/");
    agent.destroy();
  }
}

/**
 * One request; resolves to the bytes that went over the wire.
 * @param {Agent} agent @param {string} address @param {string} method @param {string} path
 * @param {Buffer[]} pieces
 * @returns {Promise<number>}
 */
function call(agent, address, method, path, pieces = []) {
  return new Promise((resolve, reject) => {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const headers = { accept: media, ...(method === "POST" ? { "content-length": length } : {}) };
    const [host, port] = address.split(":");
    const sent = request({ host, port, agent, method, path, headers }, (response) => {
      let received = 0;
      response.on("data", (piece) => (received += piece.length));
      response.on("end", () => {
        if (response.statusCode === 200) resolve(length + received);
        else reject(new Error(`${method} ${path}: ${response.statusCode}`));
      });
    });
    sent.on("error", reject);
    for (const piece of pieces) sent.write(piece);
    sent.end();
  });
}

/* ---------------------------------------------------------------- the servers */

async function compareServers() {
  if (values["rest-server"] === undefined) {
    console.error("give the other server: --rest-server PATH (Debian: restic-rest-server 0.14)");
    process.exit(1);
  }
  const bin = join(root, "packages", "tastic", "bin", "tastic.js");
  const servers = {
    "rest-server": [values["rest-server"]],
    tastic: [values.node, bin, "serve", "rest"],
  };
  /** @type {Map<string, { seconds: number[], bytes: number, requests: number, rss: number[], own: number[], cpu: number[] }>} */
  const figures = new Map();
  /** Bytes at rest, and the most of the whole run. @type {Map<string, { rest: number[], most: number[] }>} */
  const memory = new Map(Object.keys(servers).map((name) => [name, { rest: [], most: [] }]));
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [name, command] of Object.entries(servers)) {
      process.stderr.write(`run ${run + 1}, ${name}\n`);
      const { rest, results } = await measureServer(command);
      memory.get(name)?.rest.push(rest);
      memory.get(name)?.most.push(Math.max(...results.map(({ rss }) => rss)));
      for (const { result, rss, own, cpu } of results) {
        const key = `${result.act} ${result.clients} ${name}`;
        const kept = figures.get(key) ?? { seconds: [], bytes: 0, requests: 0, rss: [], own: [], cpu: [] };
        kept.seconds.push(result.seconds);
        kept.rss.push(rss);
        kept.own.push(own);
        kept.cpu.push(cpu);
        figures.set(key, { ...kept, bytes: result.bytes, requests: result.requests });
      }
    }
  }
  const rows = [];
  for (const act of ["upload", "read", "list"]) {
    for (const clients of values.clients.split(",")) {
      const [theirs, ours] = Object.keys(servers).map((name) => figures.get(`${act} ${clients} ${name}`));
      if (theirs === undefined || ours === undefined) continue;
      const rate = (/** @type {typeof theirs} */ f) =>
        (act === "list" ? f.requests : f.bytes / 2 ** 20) / median(f.seconds);
      const unit = act === "list" ? "lists/s" : "MiB/s";
      const mib = (/** @type {number[]} */ bytes) => (median(bytes) / 2 ** 20).toFixed(0);
      rows.push([
        act,
        clients,
        `${rate(theirs).toFixed(0)} ${unit}`,
        `${rate(ours).toFixed(0)} ${unit}`,
        `${(rate(ours) / rate(theirs)).toFixed(2)} x`,
        `${median(theirs.cpu).toFixed(2)} / ${median(ours.cpu).toFixed(2)}`,
        `${mib(theirs.rss)} / ${mib(theirs.own)}`,
        `${mib(ours.rss)} / ${mib(ours.own)}`,
        `${(median(ours.rss) / median(theirs.rss)).toFixed(2)} x`,
      ]);
    }
  }
  for (const [what, key] of /** @type {const} */ ([
    ["at rest", "rest"],
    ["most of the run", "most"],
  ])) {
    const [theirs, ours] = [...memory.values()].map((bytes) => median(bytes[key]) / 2 ** 20);
    if (theirs === undefined || ours === undefined) continue;
    const row = ["", "", "", "", "", theirs.toFixed(0), ours.toFixed(0), `${(ours / theirs).toFixed(2)} x`];
    rows.push([what, ...row]);
  }
  const head = [
    "act",
    ">clients",
    ">rest-server",
    ">tastic",
    ">ratio",
    ">CPU s",
    ">its MiB, all / own",
    ">our MiB, all / own",
    ">ratio",
  ];
  console.log(
    `\nMedians of ${values.runs} runs, objects of 8 MiB, lists of ${listed} objects. Memory: peak of all\n(VmHWM) and of what no other process has (RssAnon).\n\n${table(head, rows)}`,
  );
}

/**
 * Starts a server, lets the clients play, and measures its memory in each act.
 * @param {string[]} command
 */
async function measureServer(command) {
  const folder = mkdtempSync(join(benchFolder(), "rest-"));
  const data = join(folder, "data");
  makeListed(join(data, "listed"));
  const address = `127.0.0.1:${20_000 + Math.floor(Math.random() * 10_000)}`;
  const server = spawn(command[0], [...command.slice(1), "--no-auth", "--path", data, "--listen", address], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await started(server);
  const script = fileURLToPath(import.meta.url);
  const client = spawn(
    process.execPath,
    [script, "--play", address, "--clients", values.clients, "--mib", values.mib],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  /** @type {{ result: Result, rss: number, own: number, cpu: number }[]} */
  const results = [];
  const pid = /** @type {number} */ (server.pid);
  const rest = memoryOf(pid, "VmHWM");
  let own = 0;
  let cpu = 0;
  const look = setInterval(() => (own = Math.max(own, memoryOf(pid, "RssAnon"))), 10);
  let text = "";
  client.stdout.setEncoding("utf8").on("data", (data) => {
    text += data;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n")) {
      const line = JSON.parse(text.slice(0, at));
      text = text.slice(at + 1);
      if (line.begin) {
        writeFileSync(`/proc/${pid}/clear_refs`, "5");
        own = 0;
        cpu = processorSeconds(pid);
      } else {
        results.push({ result: line, rss: memoryOf(pid, "VmHWM"), own, cpu: processorSeconds(pid) - cpu });
      }
      client.stdin.write("\n");
    }
  });
  const code = await new Promise((resolve) => client.on("close", resolve));
  clearInterval(look);
  server.kill("SIGTERM");
  await new Promise((resolve) => server.on("close", resolve));
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the clients failed against ${command.join(" ")}`);
  return { rest, results };
}

function benchFolder() {
  const folder = join(root, ".bench");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A repository with so many objects that a list is work. @param {string} repository */
function makeListed(repository) {
  for (let i = 0; i < listed; i++) {
    const name = createHash("sha256").update(String(i)).digest("hex");
    const folder = join(repository, "data", name.slice(0, 2));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), String(i));
  }
}

/** @param {import("node:child_process").ChildProcess} server */
function started(server) {
  return new Promise((resolve, reject) => {
    let text = "";
    server.stderr?.setEncoding("utf8").on("data", (data) => {
      text += data;
      if (text.includes("start server on")) resolve(undefined);
    });
    server.on("close", () => reject(new Error(`the server ended: ${text}`)));
  });
}

/** Bytes. @param {number} pid @param {string} what */
function memoryOf(pid, what) {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** What a process has used of processors, in seconds. @param {number} pid */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
