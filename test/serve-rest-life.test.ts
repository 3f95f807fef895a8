/** restic 0.19.1 and tastic live with `tastic serve rest`: alone, many at once, and one whose machine was taken over. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import { describeWithRestic, runRestic, runTastic, succeed, temporaryFolder } from "./support/peers.js";
import { initCheaply, live, restic, restUrl, tasticBackup, tasticCheck } from "./support/rest-clients.js";
import { call, serveRest, sha256 } from "./support/serve-rest.js";
import { treeOf, writeFiles } from "./support/trees.js";

const types = ["data", "index", "keys", "snapshots"];

describeWithRestic("tastic serve rest and restic", () => {
  for (const [program, run] of Object.entries({ restic: runRestic, tastic: runTastic })) {
    it(`a whole life with ${program}`, { timeout: 180_000 }, async () => {
      const folder = await temporaryFolder();
      const source = join(folder, "source");
      const server = await serveRest();
      const [repo, other] = [restUrl(server.url, "life"), restUrl(server.url, "life/copy")];
      const add = (round: number) =>
        writeFiles(source, {
          [`${round}/big`]: sampleBytes(5_000_000, round),
          [`${round}/small`]: `hello ${round}`,
          "a/b": "c",
        });
      await live(run, { repos: [repo], other, folder, source, add });
      expect(await treeOf(join(folder, "restored", source))).toEqual(await treeOf(source));
      // The other program takes over.
      if (program === "restic") {
        await tasticBackup(repo, source);
        await tasticCheck(repo);
      }
      await restic(repo, ["check", "--read-data"]);
      await server.stop();
      expect(server.said()).toMatch(/shutdown cleanly\n$/);
    });
  }

  it.each([1, 2])("ten clients of both kinds at once, servers of their folder: %d", async (count) => {
    const folder = await temporaryFolder();
    const served = join(folder, "served");
    const servers = await Promise.all(
      Array.from({ length: count }, () => serveRest({ folder: served, args: ["--repository-quota", "1T"] })),
    );
    const repos = servers.map(({ url }) => restUrl(url, "shared"));
    const [repo = "", another = ""] = [repos[0], repos.at(-1)];
    await initCheaply(repo);
    const sources = Array.from({ length: 10 }, (_, i) => join(folder, `source${i}`));
    for (const [i, source] of sources.entries()) {
      await writeFiles(source, {
        own: sampleBytes(1_500_000, i + 1),
        same: sampleBytes(800_000, 99),
        text: `client ${i}`,
      });
    }
    await Promise.all(
      sources.map((source, i) => {
        const reached = repos[Math.floor(i / 2) % count]!;
        return i % 2 === 0 ? restic(reached, ["backup", source]) : tasticBackup(reached, source);
      }),
    );
    const snapshots = JSON.parse((await restic(another, ["snapshots", "--json"])).stdout) as unknown[];
    expect(snapshots).toHaveLength(10);
    // What one deletes is gone for all, and the last that is there has everything.
    await restic(another, ["forget", "--keep-last", "1", "--group-by", "host", "--prune"]);
    await restic(repo, ["check", "--read-data"]);
    for (const server of servers.slice(1)) await server.stop("SIGKILL");
    await tasticCheck(repo);
    const marks = await readdir(join(served, ".tastic", "running"));
    expect(marks).toHaveLength(count);
  });

  it("threat 18: a compromised client's day", { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder();
    const source = join(folder, "source");
    const data = join(folder, "served");
    await mkdir(data);
    const password = join(folder, "password");
    await writeFile(password, "secret\n");
    const operate = (...args: string[]) => runTastic(["serve", "rest", "--path", data, ...args]);
    succeed(await operate("--account", "create", "alice", "--account-password-file", password));
    const server = await serveRest({ folder: data, noAuth: false, args: ["--private-repos"] });
    const alice = { name: "alice", password: "secret" };
    const repo = restUrl(server.url, "alice/laptop", alice);
    await initCheaply(repo);
    await writeFiles(source, { "a/big": sampleBytes(6_000_000), "a/small": "hello" });
    await restic(repo, ["backup", source]);
    await restic(repo, ["backup", source, "--tag", "second"]);
    const before = await treeOf(join(data, "alice", "laptop"));

    // The attacker has the login and the repository's password, and deletes and overwrites what there is.
    const attack = new Date(Date.now() - 1).toISOString();
    const login = { user: "alice", password: "secret" };
    const path = (rest: string): string => `/alice/laptop/${rest}`;
    let deleted = 0;
    let refused = 0;
    for (const type of [...types, "locks"]) {
      const names = JSON.parse((await call(server.url, "GET", path(`${type}/`), login)).text) as string[];
      for (const name of names) {
        expect(
          (await call(server.url, "POST", path(`${type}/${name}`), { ...login, body: "overwritten" })).status,
        ).toBe(403);
        refused++;
        expect((await call(server.url, "DELETE", path(`${type}/${name}`), login)).status).toBe(200);
        deleted++;
        // What is deleted cannot be put in place of something else either.
        expect(
          (await call(server.url, "POST", path(`${type}/${name}`), { ...login, body: "overwritten" })).status,
        ).toBe(400);
      }
    }
    expect((await call(server.url, "POST", path("config"), { ...login, body: "overwritten" })).status).toBe(
      403,
    );
    // The config's name says nothing of its content: what is deleted can be replaced by something else, again and again.
    const falseConfigs = ["false", "falser"];
    for (const body of falseConfigs) {
      expect((await call(server.url, "DELETE", path("config"), login)).status).toBe(200);
      expect((await call(server.url, "POST", path("config"), { ...login, body })).status).toBe(200);
    }
    const elsewhere = [
      "/",
      "/bob/",
      "/.tastic/",
      "/alice/.tastic/",
      "/alice%2f..%2f/",
      "/alice/../bob/",
      "/.htpasswd/",
    ];
    for (const other of elsewhere) {
      for (const end of ["config", "data/", `data/${sha256("x")}`]) {
        expect([401, 404]).toContain((await call(server.url, "DELETE", `${other}${end}`, login)).status || 0);
      }
    }
    expect((await runRestic(["snapshots"], { repo })).code).not.toBe(0);
    console.log(
      `${deleted + 1} objects deleted, ${refused + 1} overwrites refused, ${falseConfigs.length} false configs, ` +
        `${elsewhere.length * 3} ways elsewhere closed`,
    );

    const listed = succeed(await operate("--undelete", "--since", attack, "--json", "alice/laptop"));
    // The right config, and the first of the false ones.
    const trashed = deleted + 2;
    expect(listed.stdout.trim().split("\n")).toHaveLength(trashed);
    succeed(await operate("--account", "suspend", "alice"));
    await expect
      .poll(async () => (await call(server.url, "GET", path("config"), login)).status, { timeout: 10_000 })
      .toBe(403);
    const restore = ["--undelete", "--restore", "--replace", "--since", attack, "alice/laptop"];
    const back = succeed(await operate(...restore));
    expect(back.stdout).toContain(`${trashed - 1} objects brought back`);
    expect(back.stdout).toContain("1 in place of others");
    succeed(await operate("--account", "resume", "alice"));
    await expect
      .poll(async () => (await call(server.url, "GET", path("config"), login)).status, { timeout: 10_000 })
      .toBe(200);

    const after = await treeOf(join(data, "alice", "laptop"));
    for (const [name, content] of Object.entries(before))
      expect([name, after[name]]).toEqual([name, content]);
    await restic(repo, ["check", "--read-data"]);
    await restic(repo, ["restore", "latest", "--target", join(folder, "back")]);
    expect(await treeOf(join(folder, "back", source))).toEqual(await treeOf(source));
  });
});
