// A real S3 server to judge with, and to be measured over: Ceph's RADOS Gateway over a cluster of one node that keeps
// everything in memory, on loopback, in a folder of its own. Takes some ten seconds to come up.
//
// The daemons run in the foreground as children of this process and, where `setpriv` is there, are killed by the
// kernel when it ends, however it ends.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findInPath } from "./peers.mjs";

const programs = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool"];

/** Why no cluster can be started here, or undefined where one can. */
export function whyNoCeph() {
  const missing = programs.filter((program) => findInPath(program) === undefined);
  if (missing.length === 0) return undefined;
  return `${missing.join(", ")} not in PATH (Debian: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw)`;
}

/** Starts a cluster. What was started is ended again if it does not come up. */
export async function startCeph() {
  const folder = await mkdtemp(join(tmpdir(), "tastic-ceph-"));
  const daemons = [];
  const stop = async () => {
    // Nothing of it is to be kept, so nothing has to end in order.
    await Promise.all(daemons.map(kill));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const access = await bringUp(folder, daemons);
    return { ...access, stop };
  } catch (error) {
    const logs = await Promise.all(["mon", "osd", "rgw"].map((name) => lastLines(join(folder, name))));
    await stop();
    throw new Error(`Ceph did not come up: ${String(error)}\n${logs.join("\n")}`, { cause: error });
  }
}

async function bringUp(folder, daemons) {
  const [monitor, monitorOld, gateway] = await freePorts(3);
  const address = `[v2:127.0.0.1:${monitor},v1:127.0.0.1:${monitorOld}]`;
  const endpoint = `127.0.0.1:${gateway}`;
  const [cluster, osd] = [randomUUID(), randomUUID()];
  const config = join(folder, "ceph.conf");
  const keyring = join(folder, "keyring");
  for (const name of ["mon", "osd"]) await mkdir(join(folder, `${name}-data`));
  await writeFile(config, configuration({ folder, cluster, address, endpoint }));
  const daemon = (name, program, args) => {
    daemons.push(startDaemon(join(folder, name), program, ["-c", config, ...args, "-f"]));
  };
  const alive = () => {
    const dead = daemons.find(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
    if (dead !== undefined) throw new Error(`${dead.spawnargs.join(" ")} has ended`);
  };

  const createKeyring = ["--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"];
  await run("ceph-authtool", createKeyring);
  for (const name of ["client.admin", "client.rgw", "osd.0"]) {
    // Of an OSD the monitor expects these very capabilities.
    const manage = name === "osd.0" ? "allow profile osd" : "allow *";
    const capabilities = ["--cap", "mon", manage, "--cap", "osd", "allow *", "--cap", "mgr", manage];
    await run("ceph-authtool", [keyring, "--gen-key", "-n", name, ...capabilities]);
  }
  const map = join(folder, "monmap");
  await run("monmaptool", ["--create", "--fsid", cluster, "--addv", "a", address, map]);
  await run("ceph-mon", ["-c", config, "-i", "a", "--mkfs", "--monmap", map, "--keyring", keyring]);
  daemon("mon", "ceph-mon", ["-i", "a"]);

  const secret = (await run("ceph-authtool", [keyring, "-n", "osd.0", "--print-key"])).trim();
  const secrets = JSON.stringify({ cephx_secret: secret });
  await run("ceph", ["-c", config, "osd", "new", osd, "-i", "-"], secrets);
  await run("ceph-osd", ["-c", config, "-i", "0", "--mkfs", "--osd-uuid", osd, "--keyring", keyring]);
  daemon("osd", "ceph-osd", ["-i", "0"]);
  alive();

  const accessKeyId = `TASTIC${randomUUID().slice(0, 8).toUpperCase()}`;
  const secretAccessKey = randomUUID();
  const user = ["--uid", "test", "--display-name", "test", "--max-buckets", "0"];
  const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
  await run("radosgw-admin", ["-c", config, "-n", "client.rgw", "user", "create", ...user, ...keys]);
  daemon("rgw", "radosgw", ["-n", "client.rgw"]);
  await untilItAnswers(`http://${endpoint}/`, alive);
  return { endpoint, accessKeyId, secretAccessKey };
}

function configuration({ folder, cluster, address, endpoint }) {
  const settings = {
    fsid: cluster,
    "mon host": address,
    "public addr": "127.0.0.1",
    "cluster addr": "127.0.0.1",
    keyring: join(folder, "keyring"),
    "mon data": join(folder, "mon-data"),
    "osd data": join(folder, "osd-data"),
    "run dir": folder,
    "admin socket": '""',
    "pid file": '""',
    "log to stderr": true,
    "log file": '""',
    "mon cluster log file": "/dev/null",
    "auth allow insecure global id reclaim": false,
    // One disk, of memory.
    "osd objectstore": "memstore",
    "memstore device bytes": 8 * 2 ** 30,
    "osd crush chooseleaf type": 0,
    "osd pool default size": 1,
    "osd pool default min size": 1,
    "osd pool default pg num": 8,
    "osd pool default pgp num": 8,
    "osd pool default pg autoscale mode": "off",
    "mon allow pool size one": true,
    "mon max pg per osd": 1000,
    "mon data avail crit": 1,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `[global]\n${lines.join("\n")}\n[client.rgw]\nrgw frontends = beast endpoint=${endpoint}\n`;
}

/** Starts a daemon in the foreground; what it says goes to `log`. */
function startDaemon(log, program, args) {
  const guard = findInPath("setpriv");
  const command = guard === undefined ? [program, ...args] : [guard, "--pdeathsig", "KILL", program, ...args];
  const output = openSync(log, "w");
  try {
    return spawn(command[0], command.slice(1), { stdio: ["ignore", output, output] }).on("error", () => {
      // `alive` finds that it has ended; the log says why.
    });
  } finally {
    closeSync(output);
  }
}

/** Runs a program to its end and returns what it printed. */
function run(program, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe", timeout: 60_000, killSignal: "SIGKILL" });
    let output = "";
    let errors = "";
    child.stdout.on("data", (data) => (output += data.toString()));
    child.stderr.on("data", (data) => (errors += data.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code ?? signal}:\n${errors}`));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

async function untilItAnswers(url, alive) {
  for (const end = Date.now() + 60_000; ; await delay(100)) {
    alive();
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
      await answer.body?.cancel();
      if (answer.ok) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`${url} does not answer`);
  }
}

/** Ports that nothing listens on at this moment. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

async function lastLines(log) {
  const text = await readFile(log, "utf8").catch(() => "(nothing)");
  return `--- ${log}\n${text.trim().split("\n").slice(-15).join("\n")}`;
}
