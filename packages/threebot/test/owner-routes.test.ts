/** Who may call the routes of a 3Bot, and what comes out of them: threats 23, 24, 25, 29. */
import { allOwnerRoutes } from "@tastic/threebot";
import { beforeEach, describe, expect, it } from "vitest";
import { canary } from "./support/fake-owner.js";
import { createSite, errorOf, loggedIn, type Site, type Visitor } from "./support/owner-site.js";

const publicRoutes = [
  "GET /api/v1/session",
  "POST /api/v1/session",
  "POST /api/v1/session/first",
  "GET /backup/actors/minio/restore",
  "GET /backup/actors/threebot_deployer/restore",
  "GET /backup/actors/marketplace/restore",
];

let site: Site;
beforeEach(() => {
  site = createSite();
});

describe("threat 23: every route", () => {
  const routes = allOwnerRoutes(createSite().options);
  const pathOf = (path: string): string =>
    path.replace(":place", "minio").replace(":actor", "minio").replace(/:\w+/g, "abcdef12");

  it("is public only if it is known to be", () => {
    const open = routes
      .filter(({ access }) => access === "public")
      .map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual(publicRoutes.sort());
    expect(routes.length).toBeGreaterThan(80);
  });

  const closed = routes.filter(({ access }) => access === "session");
  it.each(closed.map(({ method, path }) => [method, path] as const))(
    "%s %s answers 401 without a session, and does nothing",
    async (method, path) => {
      const visitor = site.visitor();
      const answers = [
        method === "GET" ? await visitor.get(pathOf(path)) : await visitor.post(pathOf(path), {}),
        await visitor.get(pathOf(path), { authorization: "Bearer 3bot_wrong" }),
      ];
      if (method === "GET") visitor.cookie = "3bot-session=AAAA";
      answers.push(method === "GET" ? await visitor.get(pathOf(path)) : await visitor.post(pathOf(path), {}));
      expect(answers[0]?.status).toBe(401);
      expect(answers[2]?.status).toBe(401);
      const body = (await answers[0]?.json()) as { error: unknown };
      expect(JSON.stringify(body.error)).toContain("a login is needed");
      expect(site.owner.calls).toEqual([]);
    },
  );

  it("changes nothing by GET", async () => {
    site.owner.states.set("minio", "ready");
    site.owner.states.set("marketplace", "ready");
    site.owner.add("minio");
    const owner = await loggedIn(site);
    const reading = ["/api/v1/session", "/api/v1/events"];
    const asked = routes.filter(({ method, path }) => method === "GET" && !reading.includes(path));
    for (const { path } of asked) {
      const query = "?path=/a&pattern=a&older=latest&newer=latest";
      expect((await owner.get(pathOf(path) + query)).status).not.toBe(401);
    }
    const called = new Set(site.owner.calls.map(([name]) => name));
    expect([...called].sort((a, b) => a.localeCompare(b))).toEqual([
      "archive",
      "diff",
      "jobs",
      "list",
      "log",
      "read",
      "run",
      "runs",
      "search",
      "settings",
      "snapshots",
      "status",
      "versions",
    ]);
    expect(site.audit.map(({ event }) => event)).toEqual(["login"]);
  });

  it("threat 11: takes names that mean something to JavaScript for names like others", async () => {
    const owner = await loggedIn(site);
    const polluted = '{"polluted":"yes"}';
    const inner = `"__proto__":${polluted},"constructor":{"prototype":${polluted}}`;
    const bodies = [`{${inner}}`, `{"notifications":{${inner}},"retention":{${inner}}}`];
    for (const { path } of routes.filter(({ method }) => method === "POST")) {
      for (const body of bodies) {
        const response = await owner.post(pathOf(path), JSON.parse(body));
        expect([path, response.status < 500]).toEqual([path, true]);
      }
    }
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    for (const [, ...given] of site.owner.calls)
      for (const one of given)
        if (typeof one === "object" && one !== null)
          expect([Reflect.get(one, "polluted"), Object.getPrototypeOf(one)]).toEqual([
            undefined,
            Array.isArray(one) ? Array.prototype : Object.prototype,
          ]);
  });

  it("has a method, a path and a place in the description", async () => {
    const owner = await loggedIn(site);
    const response = await owner.get("/api/v1/openapi.json");
    const description = (await response.json()) as { openapi: string; paths: Record<string, object> };
    expect(description.openapi).toBe("3.1.0");
    for (const { method, path } of routes.filter((one) => one.path.startsWith("/api/v1"))) {
      const written = path.replace(/:(\w+)/g, "{$1}");
      expect(Object.keys(description.paths[written] ?? {})).toContain(method.toLowerCase());
    }
  });
});

it("what is no route is no answer either", async () => {
  const owner = await loggedIn(site);
  for (const path of ["/api/v1/nothing", "/api/v2/status", "/api/v1/status/", "/metrics", "/"])
    expect((await owner.get(path)).status).toBe(404);
  expect((await owner.post("/api/v1/status", {})).status).toBe(404);
});

describe("answers", () => {
  it("have nothing that the shape does not have, least of all secrets", async () => {
    const owner = await loggedIn(site);
    const run = await (await owner.post("/api/v1/places/minio/backup", {})).text();
    expect(run).toContain("run-");
    for (const path of [
      "/api/v1/status",
      "/api/v1/settings",
      "/api/v1/places/minio/snapshots",
      "/api/v1/runs",
    ]) {
      const response = await owner.get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("no-store");
      const text = await response.text();
      for (const secret of Object.values(canary)) expect(text).not.toContain(secret);
    }
  });

  it("say what is wrong with a field and not what was in it", async () => {
    const owner = await loggedIn(site);
    const response = await owner.post("/api/v1/minio/init", {
      url: "no url",
      accessKey: canary.minioSecret,
      secretKey: canary.minioSecret,
      password: canary.repositoryPassword,
    });
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).toContain("url");
    expect(text).not.toContain("canary");
  });

  it("threat 25: have the headers that keep a browser careful", async () => {
    const { headers } = await (await loggedIn(site)).get("/api/v1/status");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("threat 24: a page of others", () => {
  const changes = ["/api/v1/restore", "/api/v1/places/minio/backup", "/backup/actors/minio/restore"];
  let owner: Visitor;
  beforeEach(async () => {
    owner = await loggedIn(site);
    site.owner.calls.length = 0;
  });

  it.each(["cross-site", "same-site", "none"])("may post nothing (%s)", async (from) => {
    for (const path of changes) {
      const response = await owner.post(path, {}, { "sec-fetch-site": from });
      expect(response.status).toBe(403);
    }
    expect(site.owner.calls).toEqual([]);
  });

  it("may not with a form, which an old browser sends without saying from where", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const form = { "sec-fetch-site": "same-origin", "content-type": type, origin: "https://evil.example" };
      expect((await owner.post(changes[0]!, {}, form)).status).toBe(403);
      const unsaid = { "content-type": type };
      expect((await owner.post(changes[0]!, {}, unsaid)).status).toBe(400);
    }
    expect(site.owner.calls).toEqual([]);
  });

  it("gets nowhere with a picture or a link of the original's routes", async () => {
    const image = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" };
    expect((await owner.get("/backup/actors/minio/restore", image)).status).toBe(403);
    expect((await owner.get("/backup/actors/minio/backup", image)).status).toBe(405);
    expect((await owner.get("/backup/actors/minio/disable_auto_backup", image)).status).toBe(405);
    expect(site.owner.calls).toEqual([]);
  });
});

it("a body that is too large is refused", async () => {
  const owner = await loggedIn(site);
  const response = await owner.post("/api/v1/tokens", { name: "x".repeat(100_000) });
  expect(response.status).toBe(400);
  expect((await errorOf(response)).message).toContain("too large");
});
