// A service for the page that needs no engine and no servers: every route of the interface over data that is made up, so
// that the page can be shown, measured and tested in seconds. Runs are played in a second or so, or are held halfway for as
// long as somebody looks at them.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { pageFolder } from "@tastic/web";
import { changes, findingOf, previewOf, recoverable, search, statusOf, versions } from "./fake-answers.mjs";
import { entriesOf, picture, withReasons } from "./fake-data.mjs";
import { deployerRoute, deploymentOf } from "./fake-deployer.mjs";
import { end, logOf, play, runOf, tell } from "./fake-runs.mjs";
import { createState } from "./fake-state.mjs";
import { Refusal } from "./refusal.mjs";

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

function changed(state, place) {
  tell(state, { type: "status" });
  return place;
}
