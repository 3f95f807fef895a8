/**
 * What reaches the servers does not open the repositories: everything that two backup servers and the marketplace heard,
 * answered and wrote down while a real 3Bot was set up, backed up, recovered elsewhere, destroyed and taken back is tried as
 * the password, also after it was decoded (threat 16, defects 4 and 5). Nor does what one server knows lead into the other,
 * or what all of them know into the page of the owner.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryDocuments, silentLog } from "@tastic/rest-server";
import {
  Access,
  createOwnerApp,
  createOwnerService,
  deriveCredentials,
  parseName,
  runMarketplace,
  serverSecret,
  sharedCredentials,
  type OwnerService,
} from "@tastic/threebot";
import { createLocalStorage, isTasticError, Repository } from "tastic";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { backupNow, ended, explain } from "./owner-support.js";
import { freeAddresses } from "./support/free-addresses.js";
import { Visitor } from "./support/owner-site.js";
import { formsOf, stringsOf } from "./support/seen-strings.js";
import { tapWire } from "./support/tapped-wire.js";

const typed = "orbital-lantern-mustard-quilt";
const ownerPassword = "granite.teapot.walrus.hymn";
const name = parseName("alice");
const ids = ["embedded-1", "embedded-2"] as const;

it(
  "threat 16, defects 4 and 5: all that servers ever saw decrypts nothing, and leads nowhere else",
  { timeout: 600_000 },
  async () => {
    const world = await startWorld();
    const owner = await liveThere(world);
    const { loginSecret, repositoryPassword } = await deriveCredentials(name, typed);
    const secrets = ids.map((id) => serverSecret(loginSecret, name, id));
    const { wires, folder } = world;
    for (const wire of wires) {
      expect(wire.heard().length).toBeGreaterThan(300);
      expect(wire.answered().length).toBeGreaterThan(300);
    }
    const storesOf = (id: string): string => join(folder, "marketplace", "servers", id);
    const servers = await Promise.all([0, 1].map((at) => seenBy(wires[at]!, storesOf(String(at + 1)))));
    const all = Buffer.concat([
      ...servers,
      await seenBy(wires[2], join(folder, "marketplace")),
      Buffer.from(JSON.stringify(world.answers)),
    ]);

    // What is known to be secret is in there in no form.
    const stored = ["1", "2"].map((id) => createLocalStorage(join(storesOf(id), name)));
    // One password opens both, and each has what it was sealed with: the first is enough to try at.
    for (const storage of stored) await Repository.open(storage, { password: repositoryPassword });
    const { masterKey } = await Repository.open(stored[0]!, { password: repositoryPassword });
    const page = await pageOf(owner);
    for (const secret of [
      ...[typed, repositoryPassword, "the secret of file"],
      ...[masterKey.encrypt, masterKey.macK, masterKey.macR],
      ...[ownerPassword, page.session, page.token],
    ])
      expect(isIn(all, secret)).toBe(false);
    expect(isIn(all, loginSecret)).toBe(true);
    for (const [at, seen] of servers.entries()) {
      expect(isIn(seen, secrets[at]!)).toBe(true);
      for (const elsewhere of [loginSecret, secrets[1 - at]!]) expect(isIn(seen, elsewhere)).toBe(false);
    }

    // Nothing in there is one of these secrets, and nothing is one of those that nobody thought of.
    const candidates = stringsOf(all);
    for (const expected of [loginSecret, ...secrets, world.token, "alice", `alice:${secrets[0]}`])
      expect(candidates.has(expected)).toBe(true);
    expect(await whatOpens(stored[0]!, candidates)).toEqual([]);
    for (const candidate of candidates) {
      expect([candidate, await page.admits(candidate)]).toEqual([candidate, false]);
      expect(candidate).not.toBe(ownerPassword);
    }
    for (const [at, seen] of servers.entries()) {
      // bcrypt would take hours: they are compared with what the other server and the marketplace let in.
      const known = stringsOf(seen);
      expect(known.has(secrets[at]!)).toBe(true);
      for (const elsewhere of [loginSecret, secrets[1 - at]!]) expect(known.has(elsewhere)).toBe(false);
      const other = wires[1 - at]!.url;
      expect(await lets(other, secrets[1 - at]!)).toBe(true);
      for (const candidate of [secrets[at]!, serverSecret(secrets[at]!, name, ids[1 - at])])
        expect(await lets(other, candidate)).toBe(false);
    }
    // Nor does what they know lead there by the ways in which passwords become keys.
    for (const candidate of [loginSecret, ...secrets, world.token, "alice", `alice:${loginSecret}`]) {
      const derived = await deriveCredentials(name, candidate);
      const ways = [derived, sharedCredentials(candidate)].flatMap((each) => Object.values(each) as string[]);
      const further = ways.flatMap((way) => ids.map((id) => serverSecret(way, name, id)));
      expect(await whatOpens(stored[0]!, [...ways, ...further])).toEqual([]);
    }
    console.log(`${candidates.size} strings of ${all.length} bytes tried`);
  },
);

it("would find a password that leaked, however a request has it", async () => {
  const storage = createLocalStorage(join(await temporaryFolder(), "repository"));
  const { repositoryPassword: secret } = await deriveCredentials(name, typed);
  await Repository.init(storage, { password: secret, scrypt: { N: 1024, r: 8, p: 1 } });
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const percent = (text: string): string => Buffer.from(text).toString("hex").replace(/../g, "%$&");
  const headers = (value: string): string =>
    `GET /alice/config HTTP/1.1\r\nHost: b.example\r\nX-A: ${value}\r\n\r\n`;
  const leaks: Record<string, string> = {
    "a header": headers(secret),
    "the end of a path": headers("1").replace("config", secret),
    "a parameter": headers("1").replace("config", `keys/?a=1&password=${secret}&b=2`),
    "an encoded parameter": headers("1").replace("config", `keys/?a=1&password=${percent(secret)}&b=2`),
    "a value of JSON": `${headers("1")}${JSON.stringify({ name: "alice", more: [{ secret }] })}`,
    "a message of an error": JSON.stringify({ error: `cannot open "${secret}", try again` }),
    "letters on both sides": headers(`prefix${secret}suffix`),
    hexadecimal: headers(Buffer.from(secret).toString("hex")),
    "hexadecimal, an odd letter before it": headers(`a${Buffer.from(secret).toString("hex")}`),
    "HTTP's login": headers(`Basic ${base64(`alice:${secret}`)}`),
    "base64 in base64": headers(base64(`alice:${base64(`alice:${secret}`)}`)),
    "base64 after other letters": ["", "a", "ab", "abc"]
      .map((before) => headers(before + base64(secret)))
      .join(""),
  };
  for (const before of ["", "x", "xx"]) {
    const inside = base64(`${before}${secret}yy`);
    leaks[`base64, ${before.length} letters in`] = headers(inside);
    leaks[`base64url, ${before.length} letters in`] = headers(
      inside.replaceAll("+", "-").replaceAll("/", "_"),
    );
  }
  for (const [how, leak] of Object.entries(leaks)) {
    const noise = Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(leak), Buffer.from([7, 200])]);
    expect([how, await whatOpens(storage, stringsOf(noise))]).toEqual([how, [secret]]);
    if (how !== "base64 in base64") expect([how, isIn(noise, secret)]).toEqual([how, true]);
  }
  expect(isIn(Buffer.from(headers("1")), secret)).toBe(false);
});

/** A marketplace with two servers, each at the end of a wire. */
async function startWorld() {
  const folder = await temporaryFolder();
  const wires = [await tapWire(), await tapWire(), await tapWire()] as const;
  const addresses = (await freeAddresses(2)) as [string, string];
  for (const at of [0, 1] as const) wires[at].forwardTo(`http://${addresses[at]}/`);
  const running = await runMarketplace({
    folder: join(folder, "marketplace"),
    listen: "127.0.0.1:0",
    url: wires[2].url,
    servers: {
      embedded: [
        { listen: addresses[0], url: wires[0].url },
        { listen: addresses[1], url: wires[1].url },
      ],
    },
  });
  onTestFinished(() => running.stop());
  wires[2].forwardTo(`http://${running.listening}/`);
  const answers: string[] = [];
  const ask = async (what: string, body: object): Promise<void> => {
    const answer = await fetch(new URL(`api/v1/${what}`, wires[2].url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    answers.push(await answer.text());
    expect([what, answer.status, answers.at(-1)]).toEqual([what, 200, answers.at(-1)]);
  };
  return { folder, wires, token: await running.issueToken(name), answers, ask };
}

type World = Awaited<ReturnType<typeof startWorld>>;

/** All a 3Bot does, by the wires alone. */
async function liveThere({ folder, wires, token, ask }: World): Promise<OwnerService> {
  const threebot = async (machine: string): Promise<OwnerService> => {
    const owner = await createOwnerService({
      stateFolder: join(folder, machine, "state"),
      home: join(folder, machine, "home"),
      marketplaceUrl: wires[2].url,
      retryForMs: 0,
    });
    onTestFinished(() => owner.stop());
    return owner;
  };
  const backUp = async (owner: OwnerService): Promise<void> => {
    const run = await backupNow(owner, "marketplace");
    expect(run.state, await explain(owner, run)).toBe("done");
  };
  const source = join(folder, "first", "home", ".config", "jumpscale");
  await mkdir(source, { recursive: true });
  for (let i = 0; i < 50; i++)
    await writeFile(join(source, `file ${i}`), `the secret of file ${i}\n`.repeat(i));
  const first = await threebot("first");
  const { copies } = await first.setUpMarketplace({ name, password: typed, token });
  expect(copies.map(({ url }) => url)).toEqual(wires.slice(0, 2).map(({ url }) => `${url}alice/`));
  await backUp(first);
  await writeFile(join(source, "later"), "the secret of file later");
  await backUp(first);

  const second = await threebot("second");
  const from = { place: "marketplace", name, password: typed } as const;
  expect((await second.findRecoverable(from)).snapshots).toHaveLength(2);
  const recovered = await ended(second, await second.recover({ from }));
  expect(recovered.state, await explain(second, recovered)).toBe("done");

  const { loginSecret } = await deriveCredentials(name, typed);
  await ask("destroy", { name, loginSecret, confirm: name });
  const shut = await backupNow(second, "marketplace");
  expect(shut.state).toBe("failed");
  await ask("restore-backups", { name, loginSecret });
  // A server believes what it knows of an account for three seconds.
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  await backUp(second);
  return second;
}

/** What somebody has who runs it: what went over its wire, and what it keeps. */
async function seenBy(wire: { heard(): Buffer; answered(): Buffer }, folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = files.map((file) => readFile(join(file.parentPath, file.name)));
  const names = Buffer.from(files.map((file) => file.name).join("\n"));
  const parts = [wire.heard(), wire.answered(), names, ...(await Promise.all(contents))];
  return Buffer.concat(parts.flatMap((bytes) => [bytes, Buffer.from("\n")]));
}

function isIn(bytes: Buffer, secret: string | Uint8Array): boolean {
  return formsOf(secret).some((form) => bytes.includes(form));
}

/** Those that are the password of a repository. */
async function whatOpens(
  storage: ReturnType<typeof createLocalStorage>,
  candidates: Iterable<string>,
): Promise<string[]> {
  const right: string[] = [];
  for (const password of candidates) {
    try {
      await Repository.open(storage, { password });
      right.push(password);
    } catch (error) {
      if (!isTasticError(error, "wrong-password")) throw error;
    }
  }
  return right;
}

/** Does this secret lead into the account at the server? */
async function lets(server: string, secret: string): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
  const answer = await fetch(`${server}${name}/snapshots/`, { headers: { authorization } });
  await answer.arrayBuffer();
  expect([200, 401]).toContain(answer.status);
  return answer.status === 200;
}

/** The page of the owner, who is logged in, and has given a program a token. */
async function pageOf(owner: OwnerService) {
  const access = new Access({
    documents: createMemoryDocuments(),
    audit: { record: () => Promise.resolve(), close: () => Promise.resolve() },
    secureCookies: false,
    addressOf: () => "192.0.2.1",
    passwordCost: 10,
  });
  await access.password.setFirst(ownerPassword);
  const stopping = new AbortController().signal;
  const app = createOwnerApp({ owner, access, stopping, log: silentLog });
  const ask = (path: string, init: RequestInit): Promise<Response> =>
    Promise.resolve(app.request(path, init));
  const visitor = new Visitor(ask);
  expect((await visitor.post("/api/v1/session", { password: ownerPassword })).status).toBe(200);
  const made = (await (await visitor.post("/api/v1/tokens", { name: "a program" })).json()) as {
    token: string;
  };
  const [cookieName, session] = (visitor.cookie ?? "").split("=") as [string, string];
  const admits = async (secret: string): Promise<boolean> => {
    const ways: Record<string, string>[] = [
      { cookie: `${cookieName}=${encodeURIComponent(secret)}` },
      { authorization: `Bearer ${secret}` },
    ];
    const answers = await Promise.all(ways.map((headers) => ask("/api/v1/settings", { headers })));
    return answers.some(({ status }) => status !== 401);
  };
  expect([await admits(session), await admits(made.token)]).toEqual([true, true]);
  return { session, token: made.token, admits };
}
