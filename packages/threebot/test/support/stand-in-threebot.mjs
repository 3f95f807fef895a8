/**
 * A small 3Bot, for tests of the deployer: takes its handover, backs its home up to both copies, brings it back, and
 * answers what a deployer asks of one. node stand-in-threebot.mjs --state DIR --home DIR --setup FILE --port N
 */
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { backup, listSnapshots, Repository, restore } from "tastic";
import { deriveCredentials, parseName, serverSecret } from "@tastic/threebot";

const option = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1];
const [state, home, setup, port] = ["state", "home", "setup", "port"].map(option);
const runsFile = join(state, "runs.json");
/** While this file is beside the folders of 3Bots, recoveries fail. */
const failing = join(state, "..", "..", "recoveries-fail");
/** A real one logs in at the marketplace before its recovery begins. */
const slowness = 500;
let last = Promise.resolve();

async function jsonOf(file) {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function copies({ name, password, marketplace }) {
  const credentials = await deriveCredentials(parseName(name), password);
  const answer = await fetch(new URL("api/v1/login", marketplace), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, loginSecret: credentials.loginSecret }),
  });
  if (!answer.ok) throw new Error(`the marketplace answered ${answer.status}`);
  const places = await answer.json();
  return places.copies.map(({ url, account, server }) => ({
    password: credentials.repositoryPassword,
    storage: createRestStorage({
      location: parseRestLocation(`rest:${url}`),
      credentials: { username: account, password: serverSecret(credentials.loginSecret, account, server) },
    }),
  }));
}

async function open({ storage, password }) {
  try {
    return await Repository.open(storage, { password });
  } catch (error) {
    if (error.code !== "no-repository") throw error;
    return Repository.init(storage, { password, scrypt: { N: 1024, r: 8, p: 1 } });
  }
}

async function backUp(me, tags) {
  for (const copy of await copies(me)) {
    const repository = await open(copy);
    await repository.loadIndex();
    await backup(repository, { targets: [home], tags, programVersion: "stand-in", workers: 0 });
  }
}

async function recover(me) {
  if (existsSync(failing)) throw new Error("the recovery was to fail");
  let newest;
  for (const copy of await copies(me)) {
    try {
      const repository = await Repository.open(copy.storage, { password: copy.password });
      const snapshot = (await listSnapshots(repository)).at(-1);
      if (snapshot && (!newest || snapshot.time > newest.snapshot.time)) newest = { repository, snapshot };
    } catch (error) {
      console.log(`a copy is left out: ${error.message}`);
    }
  }
  await newest.repository.loadIndex();
  const source = { treeId: newest.snapshot.tree, subfolder: newest.snapshot.paths[0] };
  await restore(newest.repository, source, { target: home, workers: 0 });
}

function begin(kind, work) {
  const run = { id: randomBytes(4).toString("hex"), kind, state: "running", problem: undefined };
  runs.unshift(run);
  const end = (how) => {
    Object.assign(run, how);
    writeFileSync(runsFile, JSON.stringify(runs));
  };
  last = last.then(work).then(
    () => end({ state: "done" }),
    (error) => end({ state: "failed", problem: { code: "incomplete", message: String(error) } }),
  );
  return run;
}

const runs = (await jsonOf(runsFile)) ?? [];
const isBack = () => runs.some(({ kind, state }) => kind === "recover" && state === "done");

const handed = await jsonOf(setup);
if (handed) {
  await writeFile(join(state, "me.new"), JSON.stringify(handed), { mode: 0o600 });
  await rename(join(state, "me.new"), join(state, "me.json"));
  await unlink(setup);
}
const me = await jsonOf(join(state, "me.json"));
if (me.intent === "recover" && !isBack()) setTimeout(() => begin("recover", () => recover(me)), slowness);
else if (handed) begin("backup", () => backUp(me, ["init"]));

function answer(request, response) {
  const send = (status, body) => response.writeHead(status).end(JSON.stringify(body));
  const path = request.url.split("?")[0];
  if (path === "/api/v1/session") return send(200, { loggedIn: false });
  if (request.headers.authorization !== `Bearer ${me.apiToken}`) return send(401, {});
  if (path === "/api/v1/places/marketplace/backup")
    return send(
      200,
      begin("backup", () => backUp(me, ["before-move"])),
    );
  if (path === "/api/v1/status")
    return send(200, {
      places: [{ place: "marketplace", state: isBack() ? "ready" : "recovery-undecided" }],
    });
  if (path === "/api/v1/runs") return send(200, { runs });
  const run = runs.find(({ id }) => path === `/api/v1/runs/${id}`);
  return run ? send(200, run) : send(404, {});
}

createServer(answer).listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
