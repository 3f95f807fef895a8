/** The deployer with 3Bots as they are, not stand-ins: created, lost with one server, recovered, moved. */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@tastic/threebot/client";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { threebotCommand } from "../dist/command/threebot-command.js";
import { goodPassword as password, processTarget, startSite, until } from "./support/deployer-site.js";

it(
  "the disaster, over HTTP: name and password bring everything back, bit for bit",
  { timeout: 400_000 },
  async () => {
    const folder = await temporaryFolder();
    const targets = ["here", "there"].map((id) => processTarget(folder, id, threebotCommand()));
    const site = await startSite({ folder, targets });
    await site.login();
    await site.ask("POST", "deployer/create", { name: "alice", password });
    const { address } = await until(site, "alice", "running");
    const config = join(folder, "here", "alice", "home", ".config", "jumpscale");
    await mkdir(config, { recursive: true });
    for (let i = 0; i < 200; i++) await writeFile(join(config, `file ${i}`), `content of ${i}\n`.repeat(i));
    let cookie = "";
    const owner = createClient(String(address), {
      fetch: async (input, init) => {
        const answer = await fetch(input, {
          ...init,
          headers: { "content-type": "application/json", cookie },
        });
        cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
        return answer;
      },
    });
    await owner.session.login(password);
    await expect.poll(async () => (await owner.status()).places[0]?.state, { timeout: 90_000 }).toBe("ready");
    // The first one it makes by itself.
    const first = async () => (await owner.runs({ limit: 10 })).map(({ kind, state }) => `${kind} ${state}`);
    await expect.poll(first, { timeout: 60_000 }).toEqual(["backup done"]);
    const { id } = await owner.backup({ place: "marketplace" });
    await expect.poll(async () => (await owner.run(id)).state, { timeout: 60_000 }).toBe("done");
    // The machine is gone, and one of the servers.
    await targets[0]!.stop("alice");
    await rm(join(folder, "here", "alice"), { recursive: true });
    await rm(join(folder, "servers", "1", "alice"), { recursive: true });
    await site.running.deployer!.work();
    await site.ask("POST", "deployer/recover", { name: "alice", password });
    await until(site, "alice", "running");
    for (let i = 0; i < 200; i++)
      expect(await readFile(join(config, `file ${i}`), "utf8")).toBe(`content of ${i}\n`.repeat(i));
    // And on to another place, with what was written a moment ago.
    await writeFile(join(config, "last"), "written just now");
    await site.ask("POST", "deployer/deployments/alice/move", { target: "there", password });
    expect(await until(site, "alice", "running")).toMatchObject({ target: "there" });
    const there = join(folder, "there", "alice", "home", ".config", "jumpscale");
    expect(await readFile(join(there, "last"), "utf8")).toBe("written just now");
    await expect(stat(join(folder, "here", "alice"))).rejects.toThrow(/ENOENT/);
  },
);
