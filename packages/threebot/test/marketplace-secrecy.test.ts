/**
 * What reaches the servers does not open the repositories: everything that two backup servers and the marketplace heard
 * and wrote down while a 3Bot was set up and backed up is tried as the password (threat 16, defects 4 and 5).
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { deriveCredentials, parseName, runMarketplace, sharedCredentials } from "@tastic/threebot";
import { backup, createLocalStorage, isTasticError, Repository } from "tastic";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { tapWire } from "./support/tapped-wire.js";

const typed = "orbital-lantern-mustard-quilt";
/** Cheap to try, so that many can be tried: the password that it guards cannot be guessed anyway. */
const scrypt = { N: 1024, r: 8, p: 1 };

it(
  "threat 16, defects 4 and 5: all that servers ever saw decrypts nothing",
  { timeout: 180_000 },
  async () => {
    const folder = await temporaryFolder();
    const wires = [await tapWire(), await tapWire(), await tapWire()] as const;
    const running = await runMarketplace({
      folder: join(folder, "marketplace"),
      listen: "127.0.0.1:0",
      url: wires[2].url,
      servers: {
        embedded: [
          { listen: await freeAddress(wires[0]), url: wires[0].url },
          { listen: await freeAddress(wires[1]), url: wires[1].url },
        ],
      },
    });
    onTestFinished(() => running.stop());
    const name = parseName("alice");
    // All a 3Bot does, by the wires alone.
    const token = await running.issueToken(name);
    const { loginSecret, repositoryPassword } = await deriveCredentials(name, typed);
    wires[2].forwardTo(`http://${running.listening}/`);
    const ask = async (
      route: string,
      body: object,
    ): Promise<{ copies: { url: string; account: string }[] }> => {
      const answer = await fetch(new URL(`api/v1/${route}`, wires[2].url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { copies: { url: string; account: string }[] };
    };
    await ask("register", { name, token, loginSecret });
    const { copies } = await ask("login", { name, loginSecret });
    const source = join(folder, "source");
    await mkdir(source);
    for (let i = 0; i < 50; i++)
      await writeFile(join(source, `file ${i}`), `the secret of file ${i}\n`.repeat(i));
    for (const { url, account } of copies) {
      expect(wires.slice(0, 2).map((wire) => `${wire.url}alice/`)).toContain(url);
      const storage = createRestStorage({
        location: parseRestLocation(`rest:${url}`),
        credentials: { username: account, password: loginSecret },
      });
      const repository = await Repository.init(storage, { password: repositoryPassword, scrypt });
      await backup(repository, { targets: [source], programVersion: "test", workers: 0 });
      await storage.close();
    }
    // What was heard, and what was written down.
    const seen = [...wires.map((wire) => wire.heard()), ...(await filesBelow(join(folder, "marketplace")))];
    const all = Buffer.concat(seen.flatMap((bytes) => [bytes, Buffer.from("\n")]));
    for (const wire of wires) expect(wire.heard().length).toBeGreaterThan(300);
    expect(all.includes(loginSecret)).toBe(true);
    for (const secret of [typed, repositoryPassword, "the secret of file"])
      expect(all.includes(secret)).toBe(false);
    const candidates = stringsOf(all);
    for (const expected of [loginSecret, token, "alice"]) expect(candidates.has(expected)).toBe(true);
    const stored = createLocalStorage(join(folder, "marketplace", "servers", "1", "alice"));
    const opens = async (password: string): Promise<boolean> => {
      try {
        await Repository.open(stored, { password });
        return true;
      } catch (error) {
        if (isTasticError(error, "wrong-password")) return false;
        throw error;
      }
    };
    expect(await opens(repositoryPassword)).toBe(true);
    for (const candidate of candidates)
      expect([candidate, await opens(candidate)]).toEqual([candidate, false]);
    // Nor does what they know lead there by the ways in which passwords become keys.
    for (const candidate of [loginSecret, token, "alice", `alice:${loginSecret}`]) {
      expect(sharedCredentials(candidate).repositoryPassword).not.toBe(repositoryPassword);
      const derived = await deriveCredentials(name, candidate);
      expect([await opens(derived.repositoryPassword), await opens(derived.loginSecret)]).toEqual([
        false,
        false,
      ]);
    }
    console.log(`${candidates.size} strings of ${all.length} bytes tried`);
  },
);

/** An address that a wire leads to. */
async function freeAddress(wire: { forwardTo(url: string): void }): Promise<string> {
  const { createServer } = await import("node:net");
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
  wire.forwardTo(`http://127.0.0.1:${port}/`);
  return `127.0.0.1:${port}`;
}

async function filesBelow(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
}

/** Whatever could be a password in there: words, values of JSON, and what is base64 of them. */
function stringsOf(bytes: Buffer): Set<string> {
  const found = new Set<string>();
  const add = (text: string): void => {
    for (const word of text.match(/[\u0020-\u007e]{5,}/g) ?? []) {
      if (word.length <= 400) found.add(word);
      for (const part of word.split(/[\s":,;{}[\]()=/]+/))
        if (part.length >= 5 && part.length <= 400) found.add(part);
    }
  };
  add(bytes.toString("latin1"));
  for (const [, encoded] of bytes.toString("latin1").matchAll(/Basic ([A-Za-z0-9+/=]+)/g))
    add(Buffer.from(encoded ?? "", "base64").toString("utf8"));
  return found;
}
