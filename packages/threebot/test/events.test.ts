/** Streams of events end with the session that they were begun with. */
import { silentLog } from "@tastic/rest-server";
import { expect, it } from "vitest";
import { createApp } from "../dist/http/app.js";
import { eventRoute } from "../dist/owner-api/event-route.js";
import { createSite, loggedIn, Visitor } from "./support/owner-site.js";

const heartbeat = 20;

async function listening() {
  const site = createSite();
  const owner = await loggedIn(site);
  const app = createApp({
    routes: [eventRoute(site.options, heartbeat)],
    admit: (context) => site.access.admit(context),
    log: silentLog,
  });
  const visitor = new Visitor((path, init) => Promise.resolve(app.request(path, init)));
  visitor.cookie = owner.cookie;
  return { site, owner, app, visitor };
}

it("a stream shows signs of life, and ends when the session does", async () => {
  const { site, owner, visitor } = await listening();
  const response = await visitor.get("/api/v1/events");
  expect(response.headers.get("cache-control")).toMatch(/no-store|no-cache/);
  const all = response.text();
  await new Promise((resolve) => setTimeout(resolve, 5 * heartbeat));
  site.owner.tell({ type: "status" });
  await new Promise((resolve) => setTimeout(resolve, 2 * heartbeat));
  await owner.post("/api/v1/session/end");
  expect(await all).toMatch(/^retry: 2000\n\n(?:: \n\n)+event: status\ndata: \{"type":"status"\}\n\n/);
  expect(site.owner.listening).toBe(0);
});

it("a stream does not keep a session from being over", async () => {
  const { site, visitor } = await listening();
  const all = (await visitor.get("/api/v1/events")).text();
  await new Promise((resolve) => setTimeout(resolve, 3 * heartbeat));
  site.clock.now += 31 * 60_000;
  expect(await all).toContain("retry");
  expect((await visitor.get("/api/v1/events")).status).toBe(401);
});

it("only so many are open at once, and each that ends makes room", async () => {
  const { site, visitor } = await listening();
  const streams = await Promise.all(Array.from({ length: 50 }, () => visitor.get("/api/v1/events")));
  expect(streams.every(({ status }) => status === 200)).toBe(true);
  expect((await visitor.get("/api/v1/events")).status).toBe(429);
  await streams[0]!.body!.cancel();
  await until(() => site.owner.listening < 50);
  expect((await visitor.get("/api/v1/events")).status).toBe(200);
  site.stopping.abort();
  await until(() => site.owner.listening === 0);
});

it("asking for the headers opens none", async () => {
  const { site, app, visitor } = await listening();
  for (let i = 0; i < 60; i++) {
    const response = await app.request("/api/v1/events", {
      method: "HEAD",
      headers: { cookie: visitor.cookie! },
    });
    expect(response.status).toBe(200);
  }
  expect(site.owner.listening).toBe(0);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
