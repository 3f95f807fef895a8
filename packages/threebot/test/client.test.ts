/** The interface from outside: the client is the same service, over a connection. */
import { createClient, type Client, type OwnerEvent } from "@tastic/threebot";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { untilEnded } from "../dist/owner-api/until-ended.js";
import type { FakeOwner } from "./support/fake-owner.js";
import { cookieOf, openFakeSite } from "./support/listening-site.js";
import { ownerPassword } from "./support/owner-site.js";

let site: Awaited<ReturnType<typeof openFakeSite>>;
let client: Client;
let token: string;
beforeAll(async () => {
  site = await openFakeSite();
  const cookie = await cookieOf(site.url);
  const withCookie: typeof fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set("cookie", cookie);
    return fetch(url, { ...init, headers });
  };
  ({ token } = await createClient(site.url, { fetch: withCookie }).tokens.make("client"));
  client = createClient(`${site.url}/`, { token });
});
afterAll(() => site.close());
beforeEach(() => {
  site.owner.calls.length = 0;
});

const minio = {
  url: "https://minio.example",
  accessKey: "a",
  secretKey: "s",
  password: "p",
  bucket: "bucket",
  prefix: "prefix",
};
const id = "ab".repeat(32);
const retention = { last: 1, daily: 2, weekly: 3, monthly: 4, yearly: 5 };
const request = {
  place: "minio",
  snapshot: id,
  paths: ["/a"],
  target: "/tmp/back",
  existing: "replace-older",
} as const;

/** Each method of the service, with what reaches it. */
const calls: Partial<Record<keyof FakeOwner, unknown[]>> = {
  status: [],
  settings: [],
  testNotifications: [],
  setUpMarketplace: [{ name: "alice", password: "p", token: "t" }],
  decide: ["marketplace", "keep-this"],
  testMinio: [minio],
  setUpMinio: [minio],
  setAutomatic: ["minio", true],
  backup: [{ place: "minio", tags: ["one", "two"] }],
  drill: ["minio"],
  maintain: ["minio"],
  jobs: [],
  setJob: [
    { name: "photos", paths: ["~/photos"], excludes: ["*.tmp"], places: ["minio"], everyHours: 6, retention },
  ],
  removeJob: ["photos"],
  runJob: [{ name: "photos", allowLess: true }],
  runs: [{ limit: 3, before: "run-1" }],
  log: ["run-1"],
  snapshots: ["minio", ["one", "two"]],
  tag: ["minio", id, { add: ["one"], remove: [] }],
  pin: ["minio", id, true],
  forget: ["minio", [id]],
  simulateRetention: ["minio", retention],
  list: ["minio", "latest", "/a b/\udcff?&+%", { offset: 5, limit: 7 }],
  search: ["minio", "*.jpg & more", 9],
  versions: ["minio", "/a#b"],
  diff: ["minio", id, "latest", 11],
  previewRestore: [request],
  restore: [request],
  findRecoverable: [{ place: "marketplace", name: "alice", password: "p" }],
  recover: [{ from: { place: "minio", ...minio }, snapshot: id, target: "/tmp/back" }],
};

it.each(Object.entries(calls))("%s reaches the service, and its answer comes back", async (method, given) => {
  const call = (on: object): Promise<unknown> =>
    (on as Record<string, (...given: unknown[]) => Promise<unknown>>)[method]!(...given);
  const answer = await call(client);
  expect(site.owner.calls).toEqual([[method, ...given]]);
  const direct: unknown = await call(site.owner);
  const ids = /run-\d+|"(\w\w)\1{31}"/g;
  const plain = (value: unknown): string => (JSON.stringify(value) ?? "").replace(ids, "an id");
  if (!["status", "settings"].includes(method)) expect(plain(answer)).toBe(plain(direct));
});

it("changes of settings: what is not given stays, what is undefined is taken away", async () => {
  const before = await client.settings();
  const after = await client.changeSettings({
    everyHours: 6,
    notifications: { ...before.notifications, webhook: undefined, from: "3bot@example.org" },
  });
  expect(after.notifications).toEqual({
    smtpUrl: "smtps://mail.example:465",
    smtpUser: "alice",
    smtpPasswordSet: true,
    from: "3bot@example.org",
    to: [],
    weeklyReport: false,
  });
  expect(after).toMatchObject({ everyHours: 6, paths: before.paths, retention: before.retention });
});

it("changes of settings made at the same time are all made", async () => {
  await Promise.all([
    client.changeSettings({ everyHours: 7 }),
    client.changeSettings({ automatic: { marketplace: false, minio: false } }),
    client.changeSettings({ smtpPassword: "" }),
    changeOne({ webhook: "https://hooks.example/2" }),
    changeOne({ to: ["alice@example.org"] }),
    changeOne({ weeklyReport: true }),
  ]);
  expect(await client.settings()).toMatchObject({
    everyHours: 7,
    automatic: { marketplace: false, minio: false },
    notifications: { webhook: "https://hooks.example/2", to: ["alice@example.org"], weeklyReport: true },
  });
  expect(site.owner.calls).toContainEqual(["changeSettings", { smtpPassword: "" }]);
});

/** As a page that shows one field sends it. */
async function changeOne(notifications: object): Promise<void> {
  const response = await fetch(`${site.url}/api/v1/settings`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ notifications }),
  });
  expect(response.status).toBe(200);
}

it("runs are looked at, cancelled and read", async () => {
  site.owner.slow = true;
  const begun = await client.backup({ place: "minio" });
  expect(await client.run(begun.id)).toMatchObject({ state: "running" });
  expect(await client.cancel(begun.id)).toMatchObject({ state: "cancelled" });
  expect(await client.markRead(begun.id)).toMatchObject({ id: begun.id });
  site.owner.slow = false;
});

it("content comes in parts", async () => {
  const content = Buffer.alloc(500_000, "xyz");
  site.owner.files.set("/a b/\udcff.bin", content);
  const parts: Uint8Array[] = [];
  for await (const part of await client.read("minio", "latest", "/a b/\udcff.bin")) parts.push(part);
  expect(Buffer.concat(parts).equals(content)).toBe(true);
  const zip: Uint8Array[] = [];
  for await (const part of await client.archive("minio", "latest", "/a")) zip.push(part);
  expect(Buffer.concat(zip).toString("latin1")).toBe("PK\u0005\u0006");
});

it("content that breaks off is no file that is shorter", async () => {
  site.owner.read = () =>
    Promise.resolve(
      (async function* () {
        yield Buffer.alloc(100_000);
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error("the store is gone");
      })(),
    );
  const read = async (): Promise<void> => {
    for await (const part of await client.read("minio", "latest", "/a"))
      expect(part.length).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toThrow();
});

it("errors are those of the service", async () => {
  await expect(client.run("nothing")).rejects.toMatchObject({
    code: "not-found",
    message: "there is no such run",
  });
  await expect(createClient(site.url).status()).rejects.toMatchObject({ code: "access-denied" });
  const nowhere = createClient("http://127.0.0.1:9");
  await expect(nowhere.status()).rejects.toMatchObject({ code: "storage-failed" });
});

describe("events", () => {
  it("come as they happen, and end with the listener", async () => {
    const stop = new AbortController();
    const seen: OwnerEvent[] = [];
    const listening = (async () => {
      for await (const event of client.events(stop.signal)) {
        seen.push(event);
        if (seen.length === 3) stop.abort();
      }
    })();
    await until(() => site.owner.listening === 1);
    site.owner.tell({ type: "status" });
    site.owner.tell({ type: "snapshots", place: "minio" });
    site.owner.tell({ type: "status" });
    await listening;
    expect(seen).toEqual([{ type: "status" }, { type: "snapshots", place: "minio" }, { type: "status" }]);
    await until(() => site.owner.listening === 0);
  });

  it("tell of a run until it has ended", async () => {
    site.owner.slow = true;
    const begun = await client.backup({ place: "minio" });
    const told: string[] = [];
    const ended = untilEnded(client, begun, (run) => told.push(run.step));
    await until(() => told.length > 0);
    await until(() => site.owner.listening === 1);
    site.owner.end(begun.id, { state: "running", step: "check" });
    await until(() => told.length > 1);
    site.owner.end(begun.id);
    expect(await ended).toMatchObject({ state: "done" });
    expect(told).toEqual(["backup", "check"]);
    await until(() => site.owner.listening === 0);
    site.owner.slow = false;
  });

  it("end when the service stops, which therefore does not wait for them", async () => {
    const other = await openFakeSite();
    const response = await other.fetch("/api/v1/events", { headers: { cookie: await cookieOf(other.url) } });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const start = performance.now();
    await other.site.stop(30_000);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(await response.text()).toContain("retry:");
    expect(other.owner.listening).toBe(0);
  });
});

it("logging in and out", async () => {
  let cookie = "";
  const browser = createClient(site.url, {
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      if (cookie !== "") headers.set("cookie", cookie);
      const response = await fetch(url, { ...init, headers });
      cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
      return response;
    },
  });
  expect(await browser.session.state()).toEqual({ loggedIn: false, fresh: false });
  await browser.session.login(ownerPassword);
  expect(await browser.session.state()).toMatchObject({ loggedIn: true });
  expect((await browser.session.list()).some(({ own }) => own)).toBe(true);
  await browser.session.changePassword(ownerPassword, "another good password");
  await browser.session.changePassword("another good password", ownerPassword);
  const { id: made } = await browser.tokens.make("more");
  expect((await browser.tokens.list()).map((token) => token.name)).toContain("more");
  await browser.tokens.revoke(made);
  await browser.session.end();
  expect(await browser.session.state()).toMatchObject({ loggedIn: false });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
