/** kill -9 of the marketplace and its servers at random moments: nothing that was answered is lost, nothing stays half made. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createLocalDocuments, localModes } from "@tastic/rest-server";
import { runMarketplace } from "@tastic/threebot";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { codeOf, secretOf } from "./marketplace-support.js";

/** How many moments: 10, or what TASTIC_KILL_MOMENTS says. */
const moments = Number(process.env["TASTIC_KILL_MOMENTS"] ?? 10);
const program = fileURLToPath(new URL("support/marketplace-process.mjs", import.meta.url));
const day = 24 * 60 * 60_000;
const from = "local";

interface Done {
  readonly did: "start" | "token" | "register" | "destroy" | "undo";
  readonly name: string;
  readonly token?: string;
}

/** Lets it work until a random moment, kills it, and returns what it had said by then. */
async function killed(folder: string, prefix: string): Promise<Done[]> {
  const child = spawn(process.execPath, [program, folder, prefix], { stdio: ["ignore", "pipe", "inherit"] });
  const done: Done[] = [];
  const lines = createInterface({ input: child.stdout });
  // How far it gets in a time is the machine's; how many answers are waited for is not.
  const answers = 1 + Math.floor(Math.random() * 8);
  const started = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      done.push(JSON.parse(line) as Done);
      if (done.length >= answers) resolve();
    });
    lines.once("close", resolve);
  });
  const closed = once(lines, "close");
  const exited = once(child, "exit");
  await started;
  await sleep(Math.random() * 300);
  child.kill("SIGKILL");
  await exited;
  await closed;
  return done;
}

it(
  `threat 33, threat 38, defect 6: killed at ${moments} moments, it takes up what it had begun`,
  { timeout: 60_000 + moments * 20_000 },
  async () => {
    const folder = await temporaryFolder();
    const expected = new Map<string, { did: Done["did"]; token: string }>();
    let actions = 0;
    for (let moment = 0; moment < moments; moment++) {
      for (const { did, name, token = expected.get(name)?.token ?? "" } of await killed(
        folder,
        `bot${moment}`,
      )) {
        if (did !== "start") expected.set(name, { did, token });
        actions++;
      }
      // The one that it was killed at may be further than it could say, but no less far.
      const last = moment === moments - 1;
      const names = [...expected.keys()].filter((name) => last || name.startsWith(`bot${moment}-`));
      await check(folder, expected, names, last);
    }
    console.log(`${expected.size} 3Bots, ${actions} answers before ${moments} kills`);
    expect(actions).toBeGreaterThan(moments);
  },
);

async function check(
  folder: string,
  expected: Map<string, { did: Done["did"]; token: string }>,
  names: readonly string[],
  last: boolean,
): Promise<void> {
  const clock = { now: Date.now() };
  const running = await runMarketplace({
    folder,
    listen: "127.0.0.1:0",
    servers: { embedded: [{ listen: "127.0.0.1:0" }, { listen: "127.0.0.1:0" }] },
    throttle: { perAddress: { failures: 1_000_000, forgiveness: 1 } },
    now: () => clock.now,
  });
  try {
    const { marketplace } = running;
    await marketplace.work();
    for (const name of names) {
      const { did, token } = expected.get(name)!;
      const login = { name, loginSecret: secretOf(name) };
      const code = await codeOf(marketplace.login(login, from));
      const standing = await marketplace.standing(name);
      const about = [name, did, code, standing];
      if (did === "token" && code === "wrong-password") {
        // Not registered as far as it knows: the same token goes on.
        expect(about).toEqual([name, did, code, "invited"]);
        await marketplace.register({ ...login, token }, from);
      } else if (did === "token") {
        // Registered, but nobody was told: the same request again is answered.
        expect(about).toEqual([name, did, "none", "registered"]);
        await marketplace.register({ ...login, token }, from);
      } else {
        // It may have been destroyed, or that undone, after what it could say last; but one of the two it is.
        expect([name, "none registered", "locked destroying"]).toContain(`${code} ${standing}`);
      }
      const now = await marketplace.standing(name);
      for (const server of ["1", "2"])
        expect([name, await stateAt(folder, server, name)]).toEqual([
          name,
          now === "registered" ? "active" : "suspended",
        ]);
      // From now on what was found out is what has to stay.
      expected.set(name, { did: now === "registered" ? "undo" : "destroy", token });
    }
    if (!last) return;
    // In the end all of them can be destroyed, and nothing is left.
    for (const name of names)
      await codeOf(marketplace.destroy({ name, loginSecret: secretOf(name), confirm: name }, from));
    clock.now += 8 * day;
    await marketplace.work();
    for (const name of names) {
      expect([name, await marketplace.standing(name)]).toEqual([name, "free"]);
      for (const server of ["1", "2"]) expect(await stateAt(folder, server, name)).toBe("removed");
    }
  } finally {
    await running.stop();
  }
}

/** What a server's own document says of an account. */
async function stateAt(folder: string, server: string, name: string): Promise<string> {
  const documents = createLocalDocuments(join(folder, "servers", server, ".tastic"), localModes(false));
  const stored = await documents.read(`accounts/${name}`);
  return stored === undefined ? "none" : (JSON.parse(stored.content) as { state: string }).state;
}
