// A service for the page that needs no engine and no servers: every route of the interface over data that is made up, so
// that the page can be shown, measured and tested in seconds. Runs are played in a second or so, or are held halfway for as
// long as somebody looks at them.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { pageFolder } from "@tastic/web";
import {
  allFiles,
  daysOf,
  entriesOf,
  hostileNames,
  pastRuns,
  picture,
  settingsOf,
  sizesOf,
  snapshotsOf,
  withReasons,
} from "./fake-data.mjs";

/** As `createApp` of packages/threebot sends it. */
export const contentSecurityPolicy =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' blob:; object-src 'none'";

const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  md: "text/markdown",
};

class Refusal extends Error {
  constructor(status, code, message, guidance) {
    super(message);
    Object.assign(this, { status, code, guidance });
  }
}

/**
 * @param options `scene`: "safe" (the default), "trouble", "new" (nothing set up), "first" (no password chosen yet), "begun"
 *   (set up, no backup yet), "undecided" (set up over backups of an earlier 3Bot), "hindered" (the first backup failed);
 *   `runTime`: of a run in milliseconds, or "held": it stays halfway until `advance` is called.
 * @returns the address, the state to look into and to change, and a way to end it.
 */
export async function startFakeService(options = {}) {
  const state = createState(options);
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error) => {
      const { status = 500, code = "internal", message, guidance } = error;
      if (!(error instanceof Refusal)) state.defects.push(error);
      json(response, { error: { code, message, guidance } }, status);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    /** Takes all runs that are held on to this share of their work; with 1 they are done. */
    advance(share) {
      for (const advance of state.held) advance(share);
    },
    async close() {
      for (const timer of state.timers) clearInterval(timer);
      for (const stream of state.streams) stream.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createState({ scene = "safe", now = Date.now(), runTime = 1200 }) {
  const hour = 3_600_000;
  const iso = (age) => new Date(now - age).toISOString();
  const copies = ["https://backup1.example/alice/", "https://backup2.example/alice/"].map((url, index) => ({
    id: `marketplace-${index + 1}`,
    place: "marketplace",
    url,
    lastBackup: iso(3 * hour),
    state: "in-step",
    behind: 0,
    proven: iso(20 * hour),
    problem: undefined,
  }));
  const begun = ["begun", "undecided", "hindered"].includes(scene);
  const fresh = scene === "new" || scene === "first" || begun;
  const place = (name, more) => ({
    place: name,
    state: "absent",
    copies: [],
    automatic: false,
    lastBackup: undefined,
    nextBackup: undefined,
    overdue: false,
    running: undefined,
    ...more,
  });
  const ready = {
    state: "ready",
    copies,
    automatic: true,
    lastBackup: iso(3 * hour),
    nextBackup: iso(-21 * hour),
  };
  const state = {
    scene,
    now,
    runTime,
    password: "correct horse battery",
    setupCode: "4711-0815",
    fresh: scene === "first",
    sessions: new Set(scene === "first" ? [] : ["given"]),
    name: fresh ? undefined : "alice",
    places: { marketplace: place("marketplace", fresh ? {} : ready), minio: place("minio", {}) },
    snapshots: fresh ? [] : snapshotsOf(now),
    days: fresh ? [] : daysOf(now),
    sizes: fresh ? [] : sizesOf(now),
    runs: fresh ? [] : pastRuns(now).map((run) => (scene === "safe" ? { ...run, unread: false } : run)),
    settings: settingsOf(),
    tokens: [{ id: "t1", name: "Monitoring <script>", created: iso(200 * hour), used: iso(2 * hour) }],
    deployments: deploymentsOf(now),
    streams: new Set(),
    timers: new Set(),
    held: new Set(),
    /** Streams that were ever opened, and requests that were answered. */
    streamsOpened: 0,
    requests: [],
    defects: [],
    nextRun: 1000,
  };
  if (begun) {
    const empty = copies.map((copy) => ({
      ...copy,
      state: "empty",
      lastBackup: undefined,
      proven: undefined,
    }));
    state.name = "alice";
    state.days = daysOf(now).map(({ day }) => ({ day, result: "none" }));
    state.places.marketplace = place("marketplace", { ...ready, copies: empty, lastBackup: undefined });
    if (scene === "undecided")
      Object.assign(state.places.marketplace, { state: "recovery-undecided", nextBackup: undefined });
    if (scene === "hindered") {
      state.runs = pastRuns(now).filter(({ state: how }) => how === "failed");
      state.days.at(-1).result = "failed";
    }
  }
  if (scene === "trouble") {
    copies[1] = {
      ...copies[1],
      state: "behind",
      behind: 3,
      lastBackup: iso(74 * hour),
      problem: {
        code: "storage-failed",
        message: "the second server did not answer for 15 minutes",
        guidance: "It is tried again at the next run.",
      },
    };
    state.places.minio = place("minio", {
      state: "ready",
      overdue: true,
      lastBackup: iso(200 * hour),
      copies: [
        {
          id: "minio",
          place: "minio",
          url: "s3:https://minio.example:9000/3bot-alice",
          lastBackup: iso(200 * hour),
          state: "unreachable",
          behind: 0,
          proven: undefined,
          problem: {
            code: "access-denied",
            message: "the store refuses the access key",
            guidance: "Look whether it is still valid, and enter it again.",
          },
        },
      ],
    });
  }
  return state;
}

function deploymentsOf(now) {
  const since = new Date(now - 9 * 86_400_000).toISOString();
  return [
    {
      name: "alice",
      state: "running",
      step: "running",
      address: "https://alice.3bot.example/",
      started: since,
    },
    { name: "bob.work", state: "stopped", step: "stopped", started: since },
    {
      name: "old-one",
      state: "destroying",
      step: "waiting",
      started: since,
      undoUntil: new Date(now + 6.5 * 86_400_000).toISOString(),
    },
    {
      name: "broken",
      state: "failed",
      step: "restore",
      started: since,
      problem: {
        code: "storage-failed",
        message: "no server holds its backups",
        guidance: "Look whether the name is right.",
      },
    },
  ];
}

async function handle(state, request, response) {
  const url = new URL(request.url, "http://localhost");
  response.setHeader("content-security-policy", contentSecurityPolicy);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  if (!url.pathname.startsWith("/api/v1/")) {
    sendFile(url.pathname, response);
    return;
  }
  response.setHeader("cache-control", "no-store");
  const path = url.pathname.slice("/api/v1/".length).split("/").map(decodeURIComponent);
  state.requests.push(`${request.method} ${url.pathname}`);
  const session = /session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
  const body = request.method === "POST" ? await bodyOf(request) : Object.fromEntries(url.searchParams);
  if (path[0] === "session") {
    json(response, sessionRoute(state, path, body, session, response, request));
    return;
  }
  if (!state.sessions.has(session)) throw new Refusal(401, "access-denied", "a login is needed", "Log in.");
  if (path[0] === "events") {
    stream(state, response);
    return;
  }
  if (request.method === "GET" && (path[4] === "file" || path[4] === "zip")) {
    sendContent(path, body, response);
    return;
  }
  const route = routes[`${request.method} ${path[0]}`];
  if (route === undefined) throw new Refusal(404, "not-found", "there is no such route");
  json(response, (await route(state, path, body, session)) ?? {});
}

function sendFile(path, response) {
  const name = path === "/" ? "index.html" : normalize(path).slice(1);
  let content;
  try {
    content = readFileSync(join(pageFolder, name));
  } catch {
    throw new Refusal(404, "not-found", "there is no such file");
  }
  response.setHeader("content-type", types[name.split(".").at(-1)] ?? "application/octet-stream");
  response.end(content);
}

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString() || "{}");
}

function sessionRoute(state, path, body, session, response, { method }) {
  if (method === "GET") return { loggedIn: state.sessions.has(session), fresh: state.fresh };
  if (path[1] === "end") {
    state.sessions.delete(session);
    return {};
  }
  if (path[1] === "first") {
    if (!state.fresh) throw new Refusal(409, "already-exists", "a password is set already");
    if (body.setupCode !== state.setupCode) {
      throw new Refusal(
        403,
        "access-denied",
        "that is not the setup code",
        "Look at what the service printed when it started.",
      );
    }
    Object.assign(state, { fresh: false, password: body.password });
  } else if (body.password !== state.password) {
    throw new Refusal(403, "wrong-password", "that is not the password");
  }
  const id = `s${state.sessions.size + 1}`;
  state.sessions.add(id);
  response.setHeader("set-cookie", `session=${id}; HttpOnly; SameSite=Strict; Path=/`);
  return {};
}

function stream(state, response) {
  state.streamsOpened++;
  state.streams.add(response);
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": hello\n\n");
  response.on("close", () => state.streams.delete(response));
}

function tell(state, event) {
  for (const response of state.streams) response.write(`data: ${JSON.stringify(event)}\n\n`);
}

function sendContent(path, { path: file = "/", preview }, response) {
  const name = file.split("/").at(-1) || "snapshot";
  if (path[4] === "zip" || preview === undefined) {
    const safe = encodeURIComponent(path[4] === "zip" ? `${name}.zip` : name);
    response.setHeader("content-disposition", `attachment; filename*=UTF-8''${safe}`);
  }
  response.setHeader("content-type", name.endsWith(".png") ? "image/png" : "application/octet-stream");
  const text = `# ${name}\nname = "alice"\n<script>alert(1)</script>\nscene\u202E = true\nport = 443\n`;
  response.end(name.endsWith(".png") ? picture : name.endsWith(".db") ? Buffer.from([0, 1, 2, 3]) : text);
}

const routes = {
  "GET status": (state) => statusOf(state),
  "GET settings": ({ settings }) => settings,
  "POST settings": (state, _path, { smtpPassword, ...change }) => {
    const notifications = { ...state.settings.notifications, ...change.notifications };
    state.settings = { ...state.settings, ...change, notifications };
    if (smtpPassword !== undefined) state.settings.notifications.smtpPasswordSet = true;
    return state.settings;
  },
  "POST notifications": () => ({}),
  "POST marketplace": (state, path, body) => {
    const { marketplace } = state.places;
    if (path[1] === "decide") return Object.assign(marketplace, { state: "ready" });
    if (body.password === "wrong password") {
      throw new Refusal(
        403,
        "access-denied",
        "the marketplace knows this name, with another password",
        "Check both.",
      );
    }
    state.name = body.name;
    const copies = createState({ now: state.now }).places.marketplace.copies.map((copy) => ({
      ...copy,
      state: "empty",
      lastBackup: undefined,
      proven: undefined,
    }));
    return changed(state, Object.assign(marketplace, { state: "ready", copies, automatic: true }));
  },
  "POST minio": (state, path, body) => {
    const finding = findingOf(body);
    if (path[1] === "test") return finding;
    if (finding.problem !== undefined)
      throw new Refusal(400, finding.found, finding.problem.message, finding.problem.guidance);
    const copy = { id: "minio", place: "minio", url: `s3:${body.url}/3bot`, state: "empty", behind: 0 };
    return changed(
      state,
      Object.assign(state.places.minio, { state: "ready", copies: [copy], automatic: true }),
    );
  },
  "GET places": (state, path, query) => {
    if (path[2] === "search") return { versions: search(state, query.pattern ?? "") };
    if (path[2] === "versions") return { versions: versions(state, query.path) };
    if (path[2] === "diff") return { changes: changes() };
    if (path[4] === "entries") {
      const found = entriesOf(query.path, Number(query.offset ?? 0), Number(query.limit ?? 100), state.now);
      if (found === undefined) throw new Refusal(404, "not-found", `there is no folder ${query.path}`);
      return found;
    }
    return { snapshots: state.snapshots };
  },
  "POST places": (state, [, place, what, id, action], body) => {
    const at = state.places[place];
    if (what === "automatic") {
      Object.assign(at, {
        automatic: body.on,
        nextBackup: body.on ? new Date(state.now + 6e7).toISOString() : undefined,
      });
      return changed(state, at);
    }
    if (what === "backup" || what === "drill") return play(state, what, place, body.tags ?? []);
    if (what === "retention") return { snapshots: withReasons(state.snapshots, body) };
    if (what === "forget") state.snapshots = state.snapshots.filter((owned) => !body.ids.includes(owned.id));
    const owned = state.snapshots.find((candidate) => candidate.id === id);
    if (action === "pin") owned.pinned = body.pinned;
    if (action === "tag") {
      const left = owned.snapshot.tags.filter((tag) => !body.remove.includes(tag));
      owned.snapshot.tags = [...left, ...body.add];
    }
    tell(state, { type: "snapshots", place });
    return {};
  },
  "POST restore": (state, path, body) => {
    if (path[1] === "preview") return previewOf(body);
    if (body.target === "/root")
      throw new Refusal(403, "access-denied", "/root may not be written to", "Choose another folder.");
    return play(state, "restore", body.place);
  },
  "POST recover": (state, path, body) => {
    if (path[1] === "find") return recoverable(state, body);
    return play(state, "recover", body.from.place);
  },
  "GET runs": (state, path, query) => {
    if (path[1] === undefined) {
      const from =
        query.before === undefined ? 0 : state.runs.findIndex((run) => run.id === query.before) + 1;
      return { runs: state.runs.slice(from, from + Number(query.limit)) };
    }
    const run = runOf(state, path[1]);
    return path[2] === "log" ? { log: logOf(run) } : run;
  },
  "POST runs": (state, path) => {
    const run = runOf(state, path[1]);
    if (path[2] === "cancel") end(state, run, "cancelled");
    if (path[2] === "read") run.unread = false;
    tell(state, { type: "run", run });
    return run;
  },
  "GET tokens": ({ tokens }) => ({ tokens }),
  "POST tokens": (state, path, body) => {
    if (path[2] === "revoke") state.tokens = state.tokens.filter((token) => token.id !== path[1]);
    else
      state.tokens.push({
        id: `t${state.tokens.length + 1}`,
        name: body.name,
        created: new Date().toISOString(),
      });
    return { token: "3bt_shown-only-once" };
  },
  "GET sessions": (state) => ({
    sessions: [...state.sessions].map((id, index) => ({
      id,
      own: index === 0,
      address: "127.0.0.1",
      expires: new Date(state.now + 6e8).toISOString(),
      created: new Date(state.now - index * 9e6).toISOString(),
      seen: new Date(state.now - index * 5e6).toISOString(),
      agent: index === 0 ? "Firefox on Linux" : "<u>Chrome</u> on Android",
    })),
  }),
  "POST sessions": (state, path) => void state.sessions.delete(path[1]),
  "POST password": (state, _path, body, session) => {
    if (body.old !== state.password) throw new Refusal(400, "wrong-password", "that is not the old password");
    state.password = body.new;
    state.sessions = new Set([session]);
  },
  "GET deployer": (state, path) => {
    if (path[1] === "targets") return { targets: ["berlin", "ghent"] };
    if (path[2] === undefined) return { deployments: state.deployments };
    return deploymentOf(state, path[2]);
  },
  "POST deployer": (state, path, body) => deployerRoute(state, path, body),
};

function statusOf(state) {
  const places = Object.values(state.places);
  const set = places.filter((place) => place.state !== "absent");
  const verdict =
    set.length === 0
      ? "new"
      : state.scene === "trouble" || set.every(({ lastBackup }) => lastBackup === undefined)
        ? "attention"
        : "safe";
  return {
    name: state.name,
    verdict,
    places: places.map((place) => ({
      ...place,
      running: state.runs.find((run) => run.place === place.place && run.state === "running"),
    })),
    days: state.days,
    sizes: state.sizes,
    unreadFailures: state.runs.filter(({ unread }) => unread).length,
  };
}

function changed(state, place) {
  tell(state, { type: "status" });
  return place;
}

function findingOf({ url, accessKey, secretKey, password }) {
  const problem = (code, message, guidance) => ({ code, message, guidance });
  if (!URL.canParse(url) || !url.startsWith("https://minio")) {
    return {
      found: "unreachable",
      snapshots: 0,
      problem: problem("storage-failed", `nothing answers at ${url}`, "Check the address and the port."),
    };
  }
  if (accessKey !== "good-key" || secretKey !== "good-secret") {
    return {
      found: "wrong-keys",
      snapshots: 0,
      problem: problem("access-denied", "the store refuses the access key", "Copy both keys again."),
    };
  }
  if (url.includes("existing")) {
    if (password !== "the right password") {
      return {
        found: "wrong-password",
        snapshots: 0,
        problem: problem(
          "wrong-password",
          "no key opens with this password",
          "It is the one that the backups were made with.",
        ),
      };
    }
    return { found: "existing", snapshots: 12, newest: "2026-11-20T09:30:00Z" };
  }
  return { found: "new", snapshots: 0 };
}

function recoverable(state, { place, ...from }) {
  const right =
    place === "minio"
      ? findingOf(from).found === "existing"
      : from.name === "alice" && from.password === "the right password";
  const snapshots = snapshotsOf(state.now).slice(0, 12);
  const none = {
    found: "wrong-password",
    snapshots: 0,
    problem: {
      code: "wrong-password",
      message: "no key opens with this password",
      guidance: "Check the password.",
    },
  };
  const good = { found: "existing", snapshots: 12, newest: snapshots[0].snapshot.time };
  const gone = {
    found: "unreachable",
    snapshots: 0,
    problem: {
      code: "storage-failed",
      message: "the server does not answer",
      guidance: "The other copy is enough.",
    },
  };
  return {
    place,
    copies: [
      { url: "https://backup1.example/alice/", finding: right ? good : none },
      ...(place === "minio" ? [] : [{ url: "https://backup2.example/alice/", finding: right ? gone : none }]),
    ],
    snapshots: right ? snapshots : [],
    newestComplete: right ? snapshots[0].id : undefined,
  };
}

function search(state, pattern) {
  const part = pattern.replaceAll("*", "").toLowerCase();
  return allFiles(state.now)
    .filter(({ name }) => name.toLowerCase().includes(part))
    .flatMap(({ path }) => versions(state, path));
}

function versions(state, path) {
  const entry = allFiles(state.now).find((candidate) => candidate.path === path);
  if (entry === undefined) return [];
  return state.snapshots.slice(0, 6).map(({ id, snapshot }, index) => ({
    snapshot: id,
    time: snapshot.time,
    // Two and two are the same version.
    entry: {
      ...entry,
      size: entry.size + 40 * (2 - Math.floor(index / 2)),
      modified: new Date(state.now - (26 + 48 * Math.floor(index / 2)) * 3_600_000).toISOString(),
    },
  }));
}

function changes() {
  const kinds = ["added", "changed", "removed"];
  const many = Array.from({ length: 3000 }, (_, index) => ({
    path: `/home/alice/.config/jumpscale/logs/app.${String(index).padStart(6, "0")}.log`,
    change: kinds[index % 7 === 0 ? 2 : index % 3 === 0 ? 1 : 0],
  }));
  return [
    ...hostileNames.map((name, index) => ({ path: `/home/alice/hostile/${name}`, change: kinds[index % 3] })),
    ...many,
  ];
}

function previewOf({ target, existing }) {
  if (target !== undefined)
    return { create: 18_247, replace: 0, unchanged: 0, kept: 0, bytes: 1_960_000_000, replaced: [] };
  const replace = existing === "keep" ? 0 : 31;
  return {
    create: 12,
    replace,
    unchanged: 18_204,
    kept: existing === "keep" ? 31 : 0,
    bytes: 38_400_000,
    replaced: replace === 0 ? [] : hostileNames.map((name) => `/home/alice/${name}`),
  };
}

function runOf(state, id) {
  const run = state.runs.find((candidate) => candidate.id === id);
  if (run === undefined) throw new Refusal(404, "not-found", `there is no run ${id}`);
  return run;
}

function logOf(run) {
  return [
    `${run.started} ${run.kind} began`,
    `${run.started} opened https://backup1.example/alice/`,
    "18247 files, 1.96 GB, 43 new or changed",
    "could not read /home/alice/\u001B[31m<b>x</b>: permission denied",
    ...hostileNames.map((name) => `could not read /home/alice/${name}: permission denied`),
    ...(run.problem === undefined ? [] : [run.problem.message]),
    `${run.state}`,
  ].join("\n");
}

/** Begins a run that goes on by itself and ends well. */
function play(state, kind, place, tags = []) {
  const busy = state.runs.find((run) => run.place === place && run.state === "running");
  if (busy !== undefined) return busy;
  const run = {
    id: `run-${++state.nextRun}`,
    kind,
    place,
    by: "owner",
    started: new Date().toISOString(),
    ended: undefined,
    state: "running",
    step: kind === "backup" ? "backup marketplace-1" : "restore",
    progress: { files: 0, bytes: 0, totalFiles: undefined, totalBytes: undefined, remaining: undefined },
    snapshots: [],
    problem: undefined,
    unread: false,
  };
  state.runs.unshift(run);
  const advance = (share) => {
    if (run.state !== "running") return;
    if (share >= 1) {
      state.held.delete(advance);
      end(state, run, "done", tags);
      return;
    }
    run.progress = {
      files: Math.round(18_247 * share),
      bytes: Math.round(1.96e9 * share),
      totalFiles: 18_247,
      totalBytes: 1.96e9,
      remaining: Math.ceil(41 * (1 - share)),
    };
    tell(state, { type: "run", run });
  };
  if (state.runTime === "held") {
    state.held.add(advance);
    advance(0.5);
    return run;
  }
  const ticks = 12;
  let tick = 0;
  const timer = setInterval(() => {
    tick++;
    advance(tick / ticks);
    if (run.state === "running") return;
    clearInterval(timer);
    state.timers.delete(timer);
  }, state.runTime / ticks);
  state.timers.add(timer);
  tell(state, { type: "run", run });
  return run;
}

function end(state, run, how, tags = []) {
  run.state = how;
  run.ended = new Date().toISOString();
  if (how === "done" && run.kind === "backup") {
    const time = new Date().toISOString();
    const [template] = snapshotsOf(Date.now());
    const owned = {
      ...template,
      id: `f${String(state.nextRun).padStart(63, "0")}`,
      snapshot: { ...template.snapshot, time, tags },
    };
    state.snapshots = [owned, ...state.snapshots];
    run.snapshots = [owned.id];
    const place = state.places[run.place];
    place.lastBackup = time;
    place.overdue = false;
    place.copies = place.copies.map((copy) => ({
      ...copy,
      state: "in-step",
      lastBackup: time,
      behind: 0,
      problem: undefined,
    }));
    state.sizes.push({ time, source: 2_000_000_000, stored: 500_000_000 });
    if (state.days.length > 0) state.days.at(-1).result = "good";
    tell(state, { type: "snapshots", place: run.place });
  }
  if (how === "done" && (run.kind === "restore" || run.kind === "recover"))
    run.report = { created: 12, replaced: 31, left: 18_204, failed: 0, bytes: 38_400_000 };
  if (how === "done" && run.kind === "recover") {
    state.name = "alice";
    state.snapshots = snapshotsOf(state.now);
    const recovered = createState({ now: state.now }).places.marketplace;
    if (run.place === "marketplace") state.places.marketplace = recovered;
    else
      Object.assign(state.places.minio, recovered, { place: "minio", copies: recovered.copies.slice(0, 1) });
  }
  tell(state, { type: "run", run });
}

function deploymentOf(state, name) {
  const found = state.deployments.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Refusal(404, "not-found", `there is no 3Bot ${name}`);
  return found;
}

function deployerRoute(state, path, body) {
  const [, what, name, change] = path;
  if (what === "check") {
    const allowed = /^[a-z0-9]([a-z0-9]|[._-](?=[a-z0-9]))+$/.test(body.name);
    const known = ["carol", "alice"].includes(body.name);
    const running = state.deployments.some((one) => one.name === body.name && one.state === "running");
    return { known, running, allowed, ...(allowed ? {} : { problem: "No 3Bot can have this name." }) };
  }
  if (what === "strength") {
    const score = Math.min(4, Math.floor(body.password.length / 5));
    return { score, guidance: score < 3 ? "Add a word or two." : "A good password.", enough: score >= 3 };
  }
  if (what === "find") {
    const right = body.password === "the right password";
    return {
      copies: [
        {
          url: "https://backup1.example/carol/",
          snapshots: right ? 14 : 0,
          ...(right
            ? { newest: "2026-11-26T21:04:00Z" }
            : { problem: { code: "wrong-password", message: "the password is another one" } }),
        },
        {
          url: "https://backup2.example/carol/",
          snapshots: 0,
          problem: {
            code: "storage-failed",
            message: right ? "the server does not answer" : "the password is another one",
          },
        },
      ],
    };
  }
  if (what === "create" || what === "recover") {
    const made = {
      name: body.name,
      state: "starting",
      step: "asking for a place",
      started: new Date().toISOString(),
    };
    state.deployments.push(made);
    setTimeout(() => Object.assign(made, { step: "bringing the backups back" }), state.runTime).unref();
    setTimeout(
      () => Object.assign(made, { state: "running", address: `https://${body.name}.3bot.example/` }),
      2 * state.runTime,
    ).unref();
    return made;
  }
  const one = deploymentOf(state, name);
  if ((change === "move" || change === "destroy") && body.password !== "the right password") {
    throw new Refusal(
      403,
      "wrong-password",
      "that is not its recovery password",
      "It is the one that was chosen for this 3Bot.",
    );
  }
  if (change === "undo") Object.assign(one, { state: "stopped", undoUntil: undefined });
  if (change === "stop") Object.assign(one, { state: "stopped", address: undefined });
  if (change === "start" || change === "move") Object.assign(one, { state: "running", problem: undefined });
  if (change === "destroy") {
    if (body.confirm !== name) throw new Refusal(400, "invalid-argument", "the name is not the same");
    Object.assign(one, { state: "destroying", undoUntil: new Date(Date.now() + 6e8).toISOString() });
  }
  return one;
}
