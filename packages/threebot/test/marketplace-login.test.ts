/** Who asks for a login learns nothing but whether it was right: threat 26 of the list, and defect 6. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createJsonLog, silentLog } from "@tastic/rest-server";
import { issueTokenIn, listThreebotsIn } from "@tastic/threebot";
import { expect, it } from "vitest";
import { createApp } from "../dist/http/app.js";
import { marketplaceRoutes } from "../dist/marketplace/routes.js";
import { codeOf, register, secretOf, startMarketplace } from "./marketplace-support.js";

const from = "10.0.0.1";

async function siteOf(test: Awaited<ReturnType<typeof startMarketplace>>, address = () => from) {
  const lines: string[] = [];
  const app = createApp({
    routes: marketplaceRoutes(test.marketplace, address),
    admit: () => Promise.resolve(false),
    log: createJsonLog((line) => lines.push(line), "debug"),
  });
  const ask = async (route: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await app.request(`http://localhost/api/v1/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text(), retry: answer.headers.get("retry-after") };
  };
  return { ask, lines };
}

it("threat 26: the answer to a wrong login does not tell whether there is such a name", async () => {
  const test = await startMarketplace();
  await register(test.marketplace, "alice");
  await test.marketplace.issueToken("invited");
  const { ask } = await siteOf(test);
  const answers = [];
  for (const name of ["alice", "nobody", "invited"])
    answers.push(await ask("login", { name, loginSecret: "a wrong secret" }));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 400 });
  expect(JSON.parse(answers[0]!.text)).toMatchObject({ error: { code: "wrong-password" } });
  // A token that was never issued, for a name that is registered, and for one that is not.
  const refused = [];
  for (const name of ["alice", "nobody", "invited"])
    refused.push(await ask("register", { name, token: "no token", loginSecret: "some secret" }));
  expect(new Set(refused.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
});

it("threat 26: nor does the time that it takes", async () => {
  const test = await startMarketplace({ throttle: { perName: { failures: 1000, forgiveness: 1 } } });
  await register(test.marketplace, "alice");
  const quickest = { alice: Infinity, nobody: Infinity };
  // The quickest of many: what else goes on at the machine only ever takes longer. On a busy one, it takes some more.
  for (let i = 0; i < 100; i++) {
    for (const name of ["alice", "nobody"] as const) {
      const begun = performance.now();
      await codeOf(test.marketplace.login({ name, loginSecret: `wrong secret ${i}` }, `10.0.1.${i}`));
      quickest[name] = Math.min(quickest[name], performance.now() - begun);
    }
    if (i >= 8 && Math.abs(quickest.alice - quickest.nobody) < 60) break;
  }
  const { alice: known, nobody: unknown } = quickest;
  console.log(
    `a wrong login takes ${known.toFixed(1)} ms for a known name, ${unknown.toFixed(1)} for another`,
  );
  expect(Math.min(known, unknown)).toBeGreaterThan(290);
  expect(Math.abs(known - unknown)).toBeLessThan(60);
});

it("threat 26: who guesses is slowed down, and locks nobody else out", async () => {
  const test = await startMarketplace();
  await register(test.marketplace, "alice");
  let address = "10.9.9.9";
  const { ask } = await siteOf(test, () => address);
  const tries = await Promise.all(
    Array.from({ length: 1000 }, (_, i) =>
      ask("login", { name: "alice", loginSecret: `guess ${i} of many` }),
    ),
  );
  const statuses = tries.map(({ status }) => status);
  expect(statuses.filter((status) => status === 400)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(990);
  expect(Number(tries.at(-1)!.retry)).toBeGreaterThan(0);
  // The right one has to wait there, too; but not from elsewhere.
  expect((await ask("login", { name: "alice", loginSecret: secretOf("alice") })).status).toBe(429);
  address = "10.8.8.8";
  expect((await ask("login", { name: "alice", loginSecret: secretOf("alice") })).status).toBe(200);
  address = "10.9.9.9";
  test.clock.now += 60_000;
  expect((await ask("login", { name: "alice", loginSecret: secretOf("alice") })).status).toBe(200);
  const audit = await readFile(join(test.folder, "audit.log"), "utf8");
  expect(audit.split("\n").filter((line) => line.includes('"login-failed"'))).toHaveLength(10);
  expect(audit).toContain('"address":"10.9.9.9"');
  expect(audit).not.toContain("guess");
});

it("threat 26: one address that tries many names is slowed down, too, with tokens as with secrets", async () => {
  const test = await startMarketplace();
  const { ask } = await siteOf(test);
  const tries = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      i % 2 === 0
        ? ask("login", { name: `name${i}`, loginSecret: "some secret" })
        : ask("register", { name: `name${i}`, loginSecret: "some secret", token: "guessed" }),
    ),
  );
  expect(tries.filter(({ status }) => status === 429)).toHaveLength(200);
});

it("is reached by programs and by its own page, with JSON that is what it has to be", async () => {
  const test = await startMarketplace();
  await register(test.marketplace, "alice");
  const { ask, lines } = await siteOf(test);
  const good = { name: "alice", loginSecret: secretOf("alice") };
  expect((await ask("login", good)).status).toBe(200);
  expect((await ask("login", good, { origin: "https://evil.example" })).status).toBe(403);
  expect((await ask("login", good, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await ask("login", good, { "content-type": "text/plain" })).status).toBe(400);
  for (const bad of [[], null, {}, { name: "alice" }, { ...good, more: 1 }, { ...good, loginSecret: 1 }])
    expect((await ask("login", bad)).status).toBe(400);
  expect((await ask("login", { ...good, name: "x".repeat(10_000) })).status).toBe(400);
  expect(lines.join("")).not.toContain(secretOf("alice"));
  const told = await ask("register", { ...good, token: "x".repeat(300) });
  expect(told.text).not.toContain(secretOf("alice"));
});

it("tells who watches it how many 3Bots wait for a server, and takes tokens from beside it", async () => {
  const test = await startMarketplace();
  const { ask } = await siteOf(test);
  const app = createApp({
    routes: marketplaceRoutes(test.marketplace, () => from),
    admit: () => Promise.resolve(false),
    log: silentLog,
  });
  const health = async (): Promise<unknown> => (await app.request("http://localhost/api/v1/health")).json();
  expect(await health()).toEqual({ status: "ok", unsettled: 0 });
  test.servers[1].down = "before";
  // The operator's command, in a process of its own.
  const root = dirname(test.folder);
  const token = await issueTokenIn(root, "Alice");
  const registered = await ask("register", { name: "alice", token, loginSecret: secretOf("alice") });
  expect(registered.status).toBe(200);
  expect(await health()).toEqual({ status: "ok", unsettled: 1 });
  expect(await listThreebotsIn(root)).toMatchObject([
    {
      name: "alice",
      state: "active",
      copies: expect.arrayContaining([{ server: "two", is: "unknown" }]) as unknown,
    },
  ]);
  await expect(issueTokenIn(root, "alice")).rejects.toMatchObject({ code: "already-exists" });
  test.servers[1].down = "no";
  // The 3Bot asks where its copies are: both are to be there, without waiting for the next try.
  await test.marketplace.login({ name: "alice", loginSecret: secretOf("alice") }, from);
  await test.marketplace.work();
  expect(await health()).toEqual({ status: "ok", unsettled: 0 });
});
