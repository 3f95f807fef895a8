/** Codes of an authenticator at the login (threat 26), by the published values and step by step. */
import { createMemoryDocuments, updateDocument } from "@tastic/rest-server";
import { Secret, TOTP } from "otpauth";
import { beforeEach, describe, expect, it } from "vitest";
import { SecondFactor } from "../dist/owner-api/second-factor.js";
import { SecretBox } from "../dist/state/secret-box.js";
import {
  createSite,
  errorOf,
  loggedIn,
  ownerPassword,
  type Site,
  type Visitor,
} from "./support/owner-site.js";

const step = 30_000;

let site: Site;
let owner: Visitor;
beforeEach(async () => {
  site = createSite();
  owner = await loggedIn(site);
});

const codeOf = (secret: string, timestamp = site.clock.now): string =>
  new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate({ timestamp });

async function switchedOn(): Promise<string> {
  const begun = await owner.post("/api/v1/second-factor/begin", { password: ownerPassword });
  expect(begun.status).toBe(200);
  const { secret } = (await begun.json()) as { secret: string };
  expect((await owner.post("/api/v1/second-factor/confirm", { code: codeOf(secret) })).status).toBe(200);
  site.clock.now += step;
  return secret;
}

const login = (password: string, code?: string, visitor = site.visitor()): Promise<Response> =>
  visitor.post("/api/v1/session", { password, ...(code === undefined ? {} : { code }) });
const stateOf = async (): Promise<unknown> => (await site.visitor().get("/api/v1/session")).json();

describe("a second factor", () => {
  it("is asked for once a first code was right, which ends all other sessions", async () => {
    const other = await loggedIn(site);
    const begun = await owner.post("/api/v1/second-factor/begin", { password: ownerPassword });
    const { secret, uri } = (await begun.json()) as { secret: string; uri: string };
    expect(uri).toMatch(/^otpauth:\/\/totp\/3Bot%20Backup:owner\?/);
    expect(new URL(uri).searchParams.get("secret")).toBe(secret);
    expect((await login(ownerPassword)).status).toBe(200);
    const wrong = codeOf(secret, site.clock.now + 10 * step);
    expect((await owner.post("/api/v1/second-factor/confirm", { code: wrong })).status).toBe(400);
    expect(await stateOf()).toEqual({ loggedIn: false, fresh: false });
    await switchedOn();
    expect(await stateOf()).toEqual({ loggedIn: false, fresh: false, secondFactor: true });
    expect((await other.get("/api/v1/status")).status).toBe(401);
    expect((await owner.get("/api/v1/status")).status).toBe(200);
  });

  it("lets in with password and code, and tells nobody which of them was wrong", async () => {
    const secret = await switchedOn();
    const answers = [
      await login(ownerPassword),
      await login(ownerPassword, codeOf(secret, site.clock.now + 10 * step)),
      await login("another password", codeOf(secret)),
    ];
    const said = await Promise.all(answers.map(async (one) => [one.status, await errorOf(one)]));
    expect(new Set(said.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(said[0]).toMatchObject([400, { code: "wrong-password" }]);
    // The wrong password has not used the code up.
    expect(
      (await login(ownerPassword, ` ${codeOf(secret).slice(0, 3)} ${codeOf(secret).slice(3)} `)).status,
    ).toBe(200);
  });

  it("takes a code once, and none from before it; a phone's clock may be a step ahead or behind", async () => {
    const secret = await switchedOn();
    const ahead = codeOf(secret, site.clock.now + step);
    const late = codeOf(secret);
    expect((await login(ownerPassword, ahead)).status).toBe(200);
    expect((await login(ownerPassword, ahead)).status).toBe(400);
    expect((await login(ownerPassword, late)).status).toBe(400);
    site.clock.now += 5 * step;
    expect((await login(ownerPassword, codeOf(secret, site.clock.now - step))).status).toBe(200);
    site.clock.now += 5 * step;
    expect((await login(ownerPassword, codeOf(secret, site.clock.now - 2 * step))).status).toBe(400);
    // Two with the same code at the same time are one.
    const twice = await Promise.all([1, 2].map(() => login(ownerPassword, codeOf(secret))));
    expect(new Set(twice.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });

  it("is guessed no faster than a password", async () => {
    await switchedOn();
    const guesser = site.visitor();
    guesser.headers["x-test-address"] = "198.51.100.1";
    const states: number[] = [];
    for (let i = 0; i < 30; i++) states.push((await login(ownerPassword, "123456", guesser)).status);
    expect(states).toContain(429);
  });

  it("is switched off with password and code, by its owner alone", async () => {
    const secret = await switchedOn();
    const end = (body: object): Promise<Response> => owner.post("/api/v1/second-factor/end", body);
    expect((await end({ password: ownerPassword, code: "000000" })).status).toBe(400);
    expect((await owner.post("/api/v1/second-factor/begin", { password: ownerPassword })).status).toBe(409);
    const { token } = await site.access.tokens.make("a program");
    const program = site.visitor();
    program.headers["authorization"] = `Bearer ${token}`;
    for (const [what, body] of [
      ["begin", { password: ownerPassword }],
      ["confirm", { code: "123456" }],
      ["end", { password: ownerPassword, code: codeOf(secret) }],
    ] as const)
      expect((await program.post(`/api/v1/second-factor/${what}`, body)).status).toBe(403);
    expect((await end({ password: ownerPassword, code: codeOf(secret) })).status).toBe(200);
    expect((await login(ownerPassword)).status).toBe(200);
    for (const entry of ["begin", "on", "off", "off-failed"])
      expect(site.audit.map(({ event }) => event)).toContain(`second-factor-${entry}`);
    expect(JSON.stringify(site.audit)).not.toContain(secret);
  });
});

it("threat 29: its secret is kept sealed, and RFC 6238's codes are taken", async () => {
  const documents = createMemoryDocuments();
  const secrets = new SecretBox(Buffer.alloc(32, 1));
  const clock = { now: 59_000 };
  const factor = new SecondFactor({ documents, secrets, now: () => clock.now });
  const { secret } = await factor.begin();
  const place = "access-codes/second-factor";
  const kept = (await documents.read(place))?.content;
  expect(kept).toContain("sealed:");
  expect(kept).not.toContain(secret);
  expect(await factor.matches(codeOf(secret, clock.now))).toBe(false);
  expect(await factor.confirm(codeOf(secret, clock.now))).toBe(true);
  // Without the key there is none, rather than one that lets everybody in.
  const keyless = new SecondFactor({ documents, secrets: undefined, now: () => clock.now });
  expect([await keyless.isOn(), await keyless.matches(codeOf(secret, clock.now + step))]).toEqual([
    true,
    false,
  ]);
  await expect(keyless.begin()).rejects.toMatchObject({ code: "unsupported" });
  // Appendix B: SHA-1, the key of twenty bytes; of eight digits the last six.
  const published = Secret.fromLatin1("12345678901234567890");
  await updateDocument(documents, place, () =>
    JSON.stringify({ state: "on", secret: secrets.seal("access/second-factor", published.base32), step: 0 }),
  );
  for (const [time, code] of [
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_234_567_890, "005924"],
    [20_000_000_000, "353130"],
  ] as const) {
    clock.now = time * 1000;
    expect([time, await factor.matches(code)]).toEqual([time, true]);
  }
});
