/** Logging in, sessions, tokens, the audit log: threats 26, 27, and 29 for what is kept. */
import { createMemoryDocuments, type DocumentStore } from "@tastic/rest-server";
import { Access } from "@tastic/threebot";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createSite,
  errorOf,
  loggedIn,
  ownerPassword,
  type Site,
  type Visitor,
} from "./support/owner-site.js";

const minute = 60_000;
const hour = 60 * minute;

let site: Site;
beforeEach(() => {
  site = createSite();
});

const isIn = async (visitor: Visitor): Promise<boolean> =>
  (await visitor.get("/api/v1/status")).status === 200;

describe("the first password", () => {
  const first = (visitor: Visitor, setupCode: string, password = ownerPassword): Promise<Response> =>
    visitor.post("/api/v1/session/first", { setupCode, password });

  it("is set with the code that the service printed, once, and logs in", async () => {
    site.access.expectSetup("K7QF-2MXP");
    const visitor = site.visitor();
    expect(await (await visitor.get("/api/v1/session")).json()).toEqual({ loggedIn: false, fresh: true });
    expect((await first(visitor, "WRONG")).status).toBe(403);
    expect((await first(visitor, " k7qf-2mxp ")).status).toBe(200);
    expect(await isIn(visitor)).toBe(true);
    expect(await (await visitor.get("/api/v1/session")).json()).toMatchObject({
      loggedIn: true,
      fresh: false,
    });
    expect((await first(site.visitor(), "K7QF-2MXP", "another good password")).status).toBe(409);
    await loggedIn(site);
  });

  it("cannot be set where the service expects none", async () => {
    expect((await first(site.visitor(), "")).status).toBe(400);
    expect((await first(site.visitor(), "undefined")).status).toBe(403);
  });

  it("has at least twelve characters", async () => {
    site.access.expectSetup("CODE");
    const response = await first(site.visitor(), "CODE", "short");
    expect(response.status).toBe(400);
    expect((await errorOf(response)).message).toContain("12 characters");
    expect(await site.access.password.isSet()).toBe(false);
  });

  it("is one when two set it at the same time", async () => {
    site.access.expectSetup("CODE");
    const answers = await Promise.all([
      first(site.visitor(), "CODE", "the first of passwords"),
      first(site.visitor(), "CODE", "the second of passwords"),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });
});

describe("threat 27: the cookie", () => {
  it("is out of reach for scripts and for other sites", async () => {
    await loggedIn(site);
    const response = await site.visitor().post("/api/v1/session", { password: ownerPassword });
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^3bot-session=[\w-]{43}; /);
    for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"])
      expect(cookie).toContain(attribute);
    expect(cookie).not.toContain("Secure");
  });

  it("goes over TLS only where there is TLS", async () => {
    const secure = createSite({ secureCookies: true });
    await secure.access.password.setFirst(ownerPassword);
    const response = await secure.visitor().post("/api/v1/session", { password: ownerPassword });
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-3bot-session=[\w-]{43}; .*Secure/);
  });

  it("is another one after each login, and the old one is worth nothing", async () => {
    const visitor = await loggedIn(site);
    const before = visitor.cookie;
    await visitor.post("/api/v1/session", { password: ownerPassword });
    expect(visitor.cookie).not.toBe(before);
    expect(await isIn(visitor)).toBe(true);
    visitor.cookie = before;
    expect(await isIn(visitor)).toBe(false);
  });

  it("that somebody planted becomes nobody's session", async () => {
    await site.access.password.setFirst(ownerPassword);
    const visitor = site.visitor();
    visitor.cookie = `3bot-session=${"A".repeat(43)}`;
    await visitor.post("/api/v1/session", { password: ownerPassword });
    expect(visitor.cookie).not.toContain("AAAA");
    const attacker = site.visitor();
    attacker.cookie = `3bot-session=${"A".repeat(43)}`;
    expect(await isIn(attacker)).toBe(false);
  });
});

describe("threat 27: a session", () => {
  it("is over after half an hour in which nothing was asked", async () => {
    const visitor = await loggedIn(site);
    site.clock.now += 29 * minute;
    expect(await isIn(visitor)).toBe(true);
    site.clock.now += 29 * minute;
    expect(await isIn(visitor)).toBe(true);
    site.clock.now += 30 * minute;
    expect(await isIn(visitor)).toBe(false);
    expect(await (await visitor.get("/api/v1/session")).json()).toEqual({ loggedIn: false, fresh: false });
  });

  it("is over after twelve hours, however much was asked", async () => {
    const visitor = await loggedIn(site);
    for (let asked = 0; asked < 36; asked++) {
      expect(await isIn(visitor)).toBe(true);
      site.clock.now += 20 * minute;
    }
    expect(await isIn(visitor)).toBe(false);
  });

  it("is not prolonged by asking whether there is one", async () => {
    const visitor = await loggedIn(site);
    for (let asked = 0; asked < 3; asked++) {
      site.clock.now += 10 * minute;
      await visitor.get("/api/v1/session");
    }
    expect(await isIn(visitor)).toBe(false);
  });

  it("ends at the service when its owner logs out, whatever cookie there still is", async () => {
    const visitor = await loggedIn(site);
    const cookie = visitor.cookie;
    expect((await visitor.post("/api/v1/session/end")).status).toBe(200);
    expect(visitor.cookie).toBeUndefined();
    visitor.cookie = cookie;
    expect(await isIn(visitor)).toBe(false);
  });

  it("can be ended from another one", async () => {
    const [here, there] = [await loggedIn(site), await loggedIn(site)];
    const { sessions } = (await (await here.get("/api/v1/sessions")).json()) as {
      sessions: { id: string; own: boolean }[];
    };
    expect(new Set(sessions.map(({ own }) => own))).toEqual(new Set([false, true]));
    const other = sessions.find(({ own }) => !own)!.id;
    expect((await here.post(`/api/v1/sessions/${other}/end`)).status).toBe(200);
    expect(await isIn(there)).toBe(false);
    expect(await isIn(here)).toBe(true);
    expect((await here.post(`/api/v1/sessions/${other}/end`)).status).toBe(404);
  });

  it("that ends while it is being used does not come back", async () => {
    const visitor = await loggedIn(site);
    site.clock.now += 2 * minute;
    const using = Promise.all(Array.from({ length: 20 }, () => visitor.get("/api/v1/status")));
    await site.access.sessions.endOthers(undefined);
    await using;
    expect(await isIn(visitor)).toBe(false);
    expect(await site.access.sessions.list()).toEqual([]);
  });

  it("is one of a hundred: the oldest make room", async () => {
    const oldest = await loggedIn(site);
    for (let more = 0; more < 100; more++) {
      site.clock.now += 1;
      await site.access.sessions.begin("192.0.2.9", "test");
    }
    expect(await isIn(oldest)).toBe(false);
    expect(await site.access.sessions.list()).toHaveLength(100);
  });
});

describe("the password", () => {
  const change = (visitor: Visitor, old: string, next: string): Promise<Response> =>
    visitor.post("/api/v1/password", { old, new: next });

  it("is changed with the old one; all other sessions end, this one gets another cookie", async () => {
    const [here, there] = [await loggedIn(site), await loggedIn(site)];
    const before = here.cookie;
    expect((await change(here, "not the old one", "another good password")).status).toBe(400);
    expect((await change(here, ownerPassword, "another good password")).status).toBe(200);
    expect(await isIn(here)).toBe(true);
    expect(await isIn(there)).toBe(false);
    here.cookie = before;
    expect(await isIn(here)).toBe(false);
    const old = await site.visitor().post("/api/v1/session", { password: ownerPassword });
    expect((await errorOf(old)).code).toBe("wrong-password");
  });

  it("is the same however a system writes an accent", async () => {
    await site.access.password.setFirst("ein sch\u00f6nes Passwort");
    const decomposed = { password: "ein scho\u0308nes Passwort" };
    expect((await site.visitor().post("/api/v1/session", decomposed)).status).toBe(200);
  });
});

describe("guessing", () => {
  const guess = (address: string, password = "wrong"): Promise<Response> =>
    site.visitor().post("/api/v1/session", { password }, { "x-test-address": address });

  it("gets ten tries, and then one in a while", async () => {
    await site.access.password.setFirst(ownerPassword);
    const statuses: number[] = [];
    for (let i = 0; i < 1_000; i++) statuses.push((await guess("198.51.100.7")).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(400));
    expect(new Set(statuses.slice(10))).toEqual(new Set([429]));
    const late = await guess("198.51.100.7", ownerPassword);
    expect(late.status).toBe(429);
    expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
    // The owner comes from elsewhere, and is let in.
    expect((await guess("203.0.113.5", ownerPassword)).status).toBe(200);
    site.clock.now += hour;
    expect((await guess("198.51.100.7", ownerPassword)).status).toBe(200);
  });

  it("many at once do not all get through", async () => {
    await site.access.password.setFirst(ownerPassword);
    const answers = await Promise.all(Array.from({ length: 50 }, () => guess("198.51.100.8")));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(10);
  });

  it("the setup code is slowed down, too", async () => {
    site.access.expectSetup("CODE-CODE-CODE-CODE");
    const tries = Array.from({ length: 20 }, (_, i) =>
      site.visitor().post("/api/v1/session/first", { setupCode: `GUESS${i}`, password: ownerPassword }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  it("takes as long where there is no password", async () => {
    const options = {
      audit: { record: () => Promise.resolve(), close: () => Promise.resolve() },
      secureCookies: false,
    };
    const access = (documents: DocumentStore): Access =>
      new Access({ ...options, documents, addressOf: () => "local", passwordCost: 14 });
    const [with_, without] = [access(createMemoryDocuments()), access(createMemoryDocuments())];
    await with_.password.setFirst(ownerPassword);
    const time = async (one: Access): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const start = performance.now();
        expect(await one.password.matches("wrong")).toBe(false);
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[3]!;
    };
    const [known, unknown] = [await time(with_), await time(without)];
    expect(known / unknown).toBeGreaterThan(0.4);
    expect(known / unknown).toBeLessThan(2.5);
  });
});

describe("tokens", () => {
  const made = async (owner: Visitor, name = "a program"): Promise<{ id: string; token: string }> =>
    (await (await owner.post("/api/v1/tokens", { name })).json()) as { id: string; token: string };
  const program = (token: string): Visitor => {
    const visitor = site.visitor();
    delete visitor.headers["sec-fetch-site"];
    visitor.headers["authorization"] = `Bearer ${token}`;
    return visitor;
  };

  it("let a program in until they are revoked", async () => {
    const owner = await loggedIn(site);
    const { id, token } = await made(owner);
    expect(token).toMatch(/^3bot_[\w-]{43}$/);
    expect(await isIn(program(token))).toBe(true);
    expect((await program(token).post("/api/v1/places/minio/backup")).status).toBe(200);
    expect((await owner.post(`/api/v1/tokens/${id}/revoke`)).status).toBe(200);
    expect(await isIn(program(token))).toBe(false);
    expect((await owner.post(`/api/v1/tokens/${id}/revoke`)).status).toBe(404);
  });

  it("are shown once", async () => {
    const owner = await loggedIn(site);
    const { id, token } = await made(owner);
    await isIn(program(token));
    const list = await (await owner.get("/api/v1/tokens")).text();
    expect(JSON.parse(list)).toMatchObject({ tokens: [{ id, name: "a program" }] });
    expect(list).not.toContain(token.slice(5));
  });

  it("may not make other ways in, nor see or end those of the owner", async () => {
    const owner = await loggedIn(site);
    const { id, token } = await made(owner);
    const visitor = program(token);
    const answers = [
      await visitor.post("/api/v1/tokens", { name: "another" }),
      await visitor.post(`/api/v1/tokens/${id}/revoke`),
      await visitor.get("/api/v1/tokens"),
      await visitor.get("/api/v1/sessions"),
      await visitor.post("/api/v1/sessions/abc/end"),
      await visitor.post("/api/v1/password", { old: ownerPassword, new: "another good password" }),
      await visitor.post("/api/v1/session/end"),
    ];
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(403));
    await isIn(owner);
  });

  it("that are almost right are wrong", async () => {
    const { token } = await made(await loggedIn(site));
    for (const wrong of [token.slice(0, -1), `${token}A`, token.slice(5), token.toUpperCase(), "", "3bot_"])
      expect(await isIn(program(wrong))).toBe(false);
  });
});

describe("what is kept", () => {
  it("has no password, no cookie and no token in it", async () => {
    const written: string[] = [];
    const documents = createMemoryDocuments();
    const watched: DocumentStore = {
      ...documents,
      write: (name, content, expected) => {
        written.push(name, content);
        return documents.write(name, content, expected);
      },
    };
    const access = new Access({
      documents: watched,
      audit: { record: () => Promise.resolve(), close: () => Promise.resolve() },
      secureCookies: false,
      addressOf: () => "local",
      passwordCost: 10,
    });
    await access.password.setFirst(ownerPassword);
    const { secret } = await access.sessions.begin("192.0.2.1", "agent");
    const { token } = await access.tokens.make("a program");
    await access.sessions.find(secret, true);
    await access.tokens.find(token);
    const all = written.join("\n");
    expect(all).toContain("a program");
    for (const one of [ownerPassword, secret, token, token.slice(5)]) expect(all).not.toContain(one);
  });
});

describe("the audit log", () => {
  it("says who came, who tried, and what was done, and no secret", async () => {
    const owner = await loggedIn(site);
    await site.visitor().post("/api/v1/session", { password: "a wrong password" });
    await owner.post("/api/v1/settings", { everyHours: 12, smtpPassword: "canary-smtp" });
    await owner.post("/api/v1/restore", {
      place: "minio",
      snapshot: "latest",
      paths: ["/home/alice/canary-name"],
      existing: "keep",
    });
    await owner.post("/api/v1/places/minio/forget", { ids: ["ab".repeat(32)] });
    await owner.post("/backup/actors/minio/restore");
    await owner.post("/api/v1/session/end");
    expect(site.audit.map(({ event, account }) => `${event} ${account}`.trim())).toEqual([
      "login",
      "login-failed",
      "settings owner",
      "settings-done owner",
      "restore owner",
      "restore-done owner",
      "forget owner",
      "forget-done owner",
      "original-restore owner",
      "original-restore-failed owner",
      "logout owner",
    ]);
    expect(site.audit[2]).toMatchObject({ changed: "everyHours smtpPassword", address: "192.0.2.1" });
    const all = JSON.stringify(site.audit);
    expect(all).not.toMatch(/canary|wrong password|four words/);
  });

  it("is written before anything is done: where it cannot be, nothing is", async () => {
    const owner = await loggedIn(site);
    site.owner.calls.length = 0;
    site.access.record = () => Promise.reject(new Error("the disk is full"));
    const request = { place: "minio", snapshot: "latest", paths: [], existing: "replace" };
    expect((await owner.post("/api/v1/restore", request)).status).toBe(500);
    expect(site.owner.calls).toEqual([]);
  });
});
