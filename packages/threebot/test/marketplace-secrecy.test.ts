/**
 * What reaches the servers does not open the repositories: everything that two backup servers and the marketplace heard
 * and wrote down while a real 3Bot was set up, backed up and looked for from elsewhere is tried as the password, also
 * after it was decoded (threat 16, defects 4 and 5).
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createOwnerService,
  deriveCredentials,
  parseName,
  runMarketplace,
  sharedCredentials,
  type OwnerService,
} from "@tastic/threebot";
import { createLocalStorage, isTasticError, Repository } from "tastic";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { backupNow, explain } from "./owner-support.js";
import { tapWire } from "./support/tapped-wire.js";

const typed = "orbital-lantern-mustard-quilt";

it(
  "threat 16, defects 4 and 5: all that servers ever saw decrypts nothing",
  { timeout: 600_000 },
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
    wires[2].forwardTo(`http://${running.listening}/`);
    const name = parseName("alice");
    const token = await running.issueToken(name);
    const { loginSecret, repositoryPassword } = await deriveCredentials(name, typed);

    // All a 3Bot does, by the wires alone.
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
    const source = join(folder, "first", "home", ".config", "jumpscale");
    await mkdir(source, { recursive: true });
    for (let i = 0; i < 50; i++)
      await writeFile(join(source, `file ${i}`), `the secret of file ${i}\n`.repeat(i));
    const first = await threebot("first");
    const { copies } = await first.setUpMarketplace({ name, password: typed, token });
    expect(copies.map(({ url }) => url)).toEqual(wires.slice(0, 2).map(({ url }) => `${url}alice/`));
    for (let i = 0; i < 2; i++) {
      const run = await backupNow(first, "marketplace");
      expect(run.state, await explain(first, run)).toBe("done");
      await writeFile(join(source, "later"), "the secret of file later");
    }
    const second = await threebot("second");
    const found = await second.findRecoverable({ place: "marketplace", name, password: typed });
    expect(found.snapshots).toHaveLength(2);

    // What was heard, and what was written down.
    const seen = [...wires.map((wire) => wire.heard()), ...(await filesBelow(join(folder, "marketplace")))];
    const all = Buffer.concat(seen.flatMap((bytes) => [bytes, Buffer.from("\n")]));
    for (const wire of wires) expect(wire.heard().length).toBeGreaterThan(300);
    expect(all.includes(loginSecret)).toBe(true);
    const stored = ["1", "2"].map((server) =>
      createLocalStorage(join(folder, "marketplace", "servers", server, "alice")),
    );
    // One password opens both, and each has what it was sealed with: the first is enough to try at.
    for (const storage of stored) await Repository.open(storage, { password: repositoryPassword });
    const { masterKey } = await Repository.open(stored[0]!, { password: repositoryPassword });
    const opens = async (password: string): Promise<boolean> => {
      try {
        await Repository.open(stored[0]!, { password });
        return true;
      } catch (error) {
        if (isTasticError(error, "wrong-password")) return false;
        throw error;
      }
    };
    for (const secret of [
      typed,
      repositoryPassword,
      "the secret of file",
      masterKey.encrypt,
      masterKey.macK,
      masterKey.macR,
    ])
      for (const form of formsOf(secret)) expect(all.includes(form)).toBe(false);
    const candidates = stringsOf(all);
    for (const expected of [loginSecret, token, "alice", `alice:${loginSecret}`])
      expect(candidates.has(expected)).toBe(true);
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

/** As it is, and as texts have it. */
function formsOf(secret: string | Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = ["hex", "base64", "base64url"] as const;
  // The padding depends on what comes after.
  return [bytes, ...texts.map((form) => Buffer.from(bytes.toString(form).replace(/.?=*$/, "")))];
}

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

/** Whatever could be a password in there: words, values of JSON, and what they are when they are decoded. */
function stringsOf(bytes: Buffer): Set<string> {
  const found = new Set<string>();
  const take = (text: string): void => {
    if (text.length >= 5 && text.length <= 400) found.add(text);
  };
  const decoded = (part: string): void => {
    const raw = [
      ...(/^[0-9a-f]{10,}$/i.test(part) && part.length % 2 === 0 ? [Buffer.from(part, "hex")] : []),
      ...(/^[\w+/-]{8,}={0,2}$/.test(part) ? [Buffer.from(part, "base64")] : []),
    ];
    // Bytes that are no text are hardly a password; they are tried where all of them are one.
    for (const one of raw) if (/^[ -~]+$/.test(one.toString("latin1"))) take(one.toString());
    if (part.includes("%") && /^(?:[^%]|%[0-9a-f]{2})*$/i.test(part))
      take(Buffer.from(unescape(part), "latin1").toString());
  };
  for (const word of bytes.toString("latin1").match(/[\u0020-\u007e]{5,}/g) ?? []) {
    take(word);
    for (const part of word.split(/[\s":,;{}[\]()]+/)) {
      take(part);
      decoded(part);
      for (const piece of part.split(/[=/?&]+/)) {
        take(piece);
        decoded(piece);
      }
    }
  }
  return found;
}
