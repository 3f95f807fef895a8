/** The command: what it refuses, what it prints, how it ends; threats 23, 29 and 36 for what goes to the terminal. */
import { get, type IncomingMessage } from "node:http";
import { request } from "node:https";
import { mkdtemp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TasticError } from "@tastic/errors";
import { createOwnerService } from "@tastic/threebot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCertificates, whyNoCertificates } from "../../../test/support/certificates.js";
import { main } from "../dist/command/main.js";
import type { OwnerPlace } from "../dist/command/state-flags.js";
import { FakeOwner } from "./support/fake-owner.js";
import { cookieOf, openFakeSite } from "./support/listening-site.js";
import { ownerPassword } from "./support/owner-site.js";
import { createTerminal } from "./support/terminal.js";

let folder: string;
let owner: FakeOwner;
let opened: OwnerPlace[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "threebot-command-"));
  owner = new FakeOwner();
  opened = [];
});
afterEach(() => rm(folder, { recursive: true }));

const open = (place: OwnerPlace): Promise<FakeOwner> => {
  opened.push(place);
  return Promise.resolve(owner);
};
const names = (): string[] => owner.calls.map(([name]) => name);

async function run(args: string[], given: Parameters<typeof createTerminal>[0] = {}) {
  const { terminal, printed } = createTerminal(given);
  const code = await main(args, terminal, open);
  return { code, ...printed, variables: terminal.variables };
}

/** `serve` until it has printed where it is; ends in order. */
async function serving(
  args: string[],
  variables: Record<string, string>,
  use: (url: string) => Promise<void>,
) {
  const { terminal, printed, stop } = createTerminal({ variables });
  const ended = main(["serve", "--listen", "127.0.0.1:0", "--state", folder, ...args], terminal, open);
  const url = async (): Promise<string> => {
    for (;;) {
      const [, found] = /is at (http\S+)\/\n/.exec(printed.out) ?? [];
      if (found !== undefined && names().includes("start")) return found;
      const code = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
      if (code !== undefined) throw new Error(`it ended: ${printed.err}`);
    }
  };
  try {
    await use(await url());
  } finally {
    stop.abort();
  }
  return { code: await ended, ...printed, variables: terminal.variables };
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

describe("3bot-backup", () => {
  it("says what it can do", async () => {
    for (const args of [[], ["--help"], ["help"]]) {
      const { code, out } = await run(args);
      expect(code).toBe(0);
      for (const command of ["serve", "recover", "shell", "marketplace", "demo"])
        expect(out).toContain(command);
    }
    for (const command of ["serve", "recover", "shell"]) {
      const { code, out } = await run([command, "--help"]);
      expect(code).toBe(0);
      expect(out).toContain("--state FOLDER");
    }
  });

  it.each([["nothing"], ["__proto__"], ["serve", "--wrong"], ["serve", "positional"], ["serve", "--listen"]])(
    "refuses %s %s",
    async (...args) => {
      const { code, err } = await run(args);
      expect(code).toBe(1);
      expect(err).toContain("3bot-backup: ");
      expect(opened).toEqual([]);
    },
  );
});

describe("serve", () => {
  it.each(["0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80", "systemd", "example.org:80"])(
    "refuses %s without TLS unless it is told",
    async (address) => {
      const { code, err } = await run(["serve", "--listen", address, "--state", folder]);
      expect(code).toBe(1);
      expect(err).toContain("without TLS");
      expect(opened).toEqual([]);
    },
  );

  it("prints where it is, and a code once; with it the first password is set", async () => {
    const { code, out, err } = await serving([], {}, async (url) => {
      expect((await fetch(`${url}/api/v1/status`)).status).toBe(401);
      const [, setupCode] = /with this code: ((?:[2-9A-Z]{4}-){3}[2-9A-Z]{4})\n/.exec("") ?? [];
      expect(setupCode).toBeUndefined();
    });
    expect(code).toBe(0);
    expect(out).toMatch(/with this code: (?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}\n/);
    expect(err).toContain("stopped in order");
    expect(names().at(-1)).toBe("stop");
  });

  it("has the password that it was given, and gives it to nobody", async () => {
    const variables = { PAGE_PASSWORD: "canary password" };
    const result = await serving([], variables, async (url) => {
      const login = await post(`${url}/api/v1/session`, { password: "canary password" });
      expect(login.status).toBe(200);
      expect(login.headers.get("set-cookie")).toContain("HttpOnly");
    });
    expect(result.out + result.err).not.toContain("canary");
    expect(result.out).not.toContain("code");
    expect(result.variables).toEqual({});
    const again = await serving([], {}, async (url) => {
      expect((await post(`${url}/api/v1/session`, { password: "canary password" })).status).toBe(200);
    });
    expect(again.out).not.toContain("code");
    const audit = await readFile(join(folder, "audit.log"), "utf8");
    expect(
      audit
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { event: string }).event),
    ).toEqual(["login", "login"]);
    expect(audit).not.toContain("canary");
    expect((await stat(join(folder, "audit.log"))).mode & 0o077).toBe(0);
  });

  it("sets the marketplace up at the first start only", async () => {
    await writeFile(join(folder, "password"), "canary-backup\n");
    const args = ["--name", "alice", "--password-file", join(folder, "password")];
    const first = await serving(args, { BACKUP_TOKEN: "canary-token" }, () => until("setUpMarketplace"));
    expect(owner.calls).toContainEqual([
      "setUpMarketplace",
      { name: "alice", password: "canary-backup", token: "canary-token" },
    ]);
    owner.calls.length = 0;
    const second = await serving(args, {}, () => until("status"));
    expect(names()).not.toContain("setUpMarketplace");
    // Not even the password is needed then.
    await rm(join(folder, "password"));
    const third = await serving(["--name", "alice"], {}, () => until("status"));
    expect([third.code, third.err]).toEqual([0, expect.not.stringContaining("does not begin")]);
    expect(first.out + first.err + second.out + second.err).not.toContain("canary");
  });

  it("brings a 3Bot back at the first start", async () => {
    await serving(["--name", "alice", "--recover"], { BACKUP_PASSWORD: "p" }, () => until("recover"));
    expect(owner.calls).toContainEqual([
      "recover",
      { from: { place: "marketplace", name: "alice", password: "p" } },
    ]);
  });

  it("takes a handover, keeps it until it has begun, and goes on without it", async () => {
    const setup = join(folder, "setup.json");
    const apiToken = `3bot_${"a".repeat(43)}`;
    const given = {
      name: "alice",
      password: "canary",
      marketplace: "https://m.example",
      intent: "create",
      apiToken,
    };
    await writeFile(setup, JSON.stringify(given));
    owner.setUpMarketplace = () => {
      owner.calls.push(["refused"]);
      return Promise.reject(new TasticError("storage-failed", "the marketplace is away"));
    };
    const failed = await serving(["--setup", setup], {}, async (url) => {
      await until("refused");
      // The page is there nonetheless: with the password of the handover, and for whoever has handed it over.
      expect((await post(`${url}/api/v1/session`, { password: "canary" })).status).toBe(200);
      const headers = { authorization: `Bearer ${apiToken}` };
      expect((await fetch(`${url}/api/v1/status`, { headers })).status).toBe(200);
    });
    expect(failed.err).toContain("the marketplace is away");
    expect(JSON.parse(await readFile(setup, "utf8"))).toEqual(given);
    owner = new FakeOwner();
    await serving(["--setup", setup], {}, () => until("setUpMarketplace"));
    await expect(stat(setup)).rejects.toThrow("ENOENT");
    owner = new FakeOwner();
    owner.states.set("marketplace", "ready");
    const last = await serving(["--setup", setup], {}, () => Promise.resolve());
    expect(last.code).toBe(0);
    expect(opened.map(({ marketplaceUrl }) => marketplaceUrl)).toEqual(Array(3).fill("https://m.example"));
    expect(failed.out + failed.err + last.err).not.toMatch(/canary|3bot_/);
  });

  it("says no word of what is in a handover that is none", async () => {
    const setup = join(folder, "setup.json");
    for (const text of ["canary", '{"name":"canary"}']) {
      await writeFile(setup, text);
      const { code, err } = await run([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--state",
        folder,
        "--setup",
        setup,
      ]);
      expect([code, err]).toEqual([1, `3bot-backup: ${setup} is no handover\n`]);
    }
  });

  it("passes on where things are", async () => {
    await serving(["--home", "/home/alice", "--marketplace", "https://m.example"], {}, () =>
      Promise.resolve(),
    );
    expect(opened[0]).toMatchObject({
      stateFolder: folder,
      home: "/home/alice",
      marketplaceUrl: "https://m.example",
    });
  });

  it("serves the page: the page itself never from a cache, what is named by its content always", async () => {
    const page = join(folder, "page");
    await mkdir(join(page, "assets"), { recursive: true });
    await writeFile(join(page, "index.html"), "<!doctype html><title>page</title>");
    await writeFile(join(page, "assets", "index-B3x9_aQ1.js"), "export {}");
    await writeFile(join(page, "assets", "large-aaaaaaaa.js"), "x".repeat(200_000));
    await writeFile(join(page, "icon.svg"), "<svg/>");
    await writeFile(join(folder, "secret.txt"), "canary");
    await serving(["--page", page], {}, async (url) => {
      const index = await fetch(`${url}/`);
      expect(await index.text()).toContain("page");
      expect(index.headers.get("cache-control")).toBe("no-store");
      expect(index.headers.get("content-security-policy")).toContain("default-src 'self'");
      const large = await fetch(`${url}/assets/large-aaaaaaaa.js`, {
        headers: { "accept-encoding": "gzip, br" },
      });
      expect(large.headers.get("content-encoding")).toBe("gzip");
      expect((await large.text()).length).toBe(200_000);
      const asset = await fetch(`${url}/assets/index-B3x9_aQ1.js`);
      expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(asset.headers.get("content-type")).toContain("javascript");
      expect((await fetch(`${url}/icon.svg`)).headers.get("cache-control")).toBe("no-cache");
      for (const path of [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
      ]) {
        const response = await fetch(url + path);
        expect([404, 400]).toContain(response.status);
        expect(await response.text()).not.toContain("canary");
      }
      const route = await fetch(`${url}/api/v1/nothing`);
      expect([route.status, route.headers.get("content-type")]).toEqual([
        404,
        expect.stringContaining("json"),
      ]);
    });
  });

  it("says so where another program listens already, and has let go of everything", async () => {
    const site = await openFakeSite();
    try {
      const { code, err } = await run(["serve", "--listen", site.address, "--state", folder]);
      expect([code, err]).toEqual([1, expect.stringContaining("Another program listens there already")]);
      expect(names()).toEqual(["stop"]);
    } finally {
      await site.close();
    }
  });

  it("refuses a page that is not there, and half a certificate", async () => {
    const nowhere = await run([
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--state",
      folder,
      "--page",
      join(folder, "no"),
    ]);
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining("does not exist")]);
    expect((await run(["serve", "--state", folder, "--tls-cert", "c"])).err).toContain("belong together");
    expect((await run(["serve", "--state", folder, "--grace", "x"])).err).toContain("--grace");
  });

  it("over TLS, has cookies that go over TLS only", async ({ skip }) => {
    skip(whyNoCertificates() !== undefined, whyNoCertificates() ?? "");
    const { authority, server } = await makeCertificates();
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await writeFile(cert, server.certificate);
    await writeFile(key, server.key);
    const variables = { PAGE_PASSWORD: ownerPassword };
    const args = [
      "--listen",
      "0.0.0.0:0",
      "--tls-cert",
      cert,
      "--tls-key",
      key,
      "--public-url",
      "https://b.example",
    ];
    const { terminal, printed, stop } = createTerminal({ variables });
    const ended = main(["serve", "--state", folder, ...args], terminal, open);
    await until("start");
    expect(printed.out).toContain("is at https://b.example\n");
    stop.abort();
    expect(await ended).toBe(0);
    const secured = await serving(["--tls-cert", cert, "--tls-key", key], {}, async (url) => {
      const { headers } = await postOverTls(
        `${url}/api/v1/session`,
        { password: ownerPassword },
        authority.certificate,
      );
      expect(headers["set-cookie"]?.[0]).toMatch(
        /^__Host-3bot-session-0=.*; HttpOnly; Secure; SameSite=Strict/,
      );
      expect(headers["strict-transport-security"]).toContain("max-age=");
    });
    expect(secured.out).toContain("is at https://127.0.0.1:");
  });

  it("on this machine, is not there for pages whose name leads here (DNS rebinding)", async () => {
    await serving([], {}, async (url) => {
      const { port } = new URL(url);
      const asked = (host: string): Promise<number> => statusOf(url, { host });
      expect(await asked(`evil.example:${port}`)).toBe(403);
      expect(await asked("127.0.0.1.evil.example")).toBe(403);
      expect(await asked(`localhost:${port}`)).toBe(200);
      expect(await asked(`127.0.0.1:${port}`)).toBe(200);
    });
  });

  it("behind a proxy, takes changes of its public page although the proxy changes the host", async () => {
    const args = ["--public-url", "https://backup.example/"];
    await serving(args, { PAGE_PASSWORD: ownerPassword }, async () => Promise.resolve());
    const site = await openFakeSite({ publicUrl: "https://backup.example/" });
    try {
      const login = (origin: string): Promise<Response> =>
        fetch(`http://${site.address}/api/v1/session`, {
          method: "POST",
          headers: { "content-type": "application/json", origin },
          body: JSON.stringify({ password: ownerPassword }),
        });
      expect((await login("https://backup.example")).status).toBe(200);
      expect((await login("https://other.example")).status).toBe(403);
      expect((await login("https://backup.example")).headers.get("set-cookie")).toContain("Secure");
    } finally {
      await site.close();
    }
  });

  async function until(call: string): Promise<void> {
    while (!names().includes(call)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

describe("marketplace", () => {
  it("registers the 3Bot of a token, which then sets itself up", async () => {
    const { terminal, printed, stop } = createTerminal();
    const servers = ["--backup-server-1", "127.0.0.1:0", "--backup-server-2", "127.0.0.1:0"];
    const args = ["marketplace", "--folder", folder, "--listen", "127.0.0.1:0", ...servers];
    const ended = main(args, terminal, open);
    await expect.poll(() => printed.out, { timeout: 30_000 }).toContain("The marketplace is at");
    const [, url = ""] = /is at (http\S+)\n/.exec(printed.out) ?? [];
    const issued = await run(["token", "--folder", folder, "--name", "alice", "--days", "3"]);
    const token = issued.out.trim();
    expect([issued.code, issued.out]).toEqual([0, expect.stringMatching(/^\S{20,}\n$/)]);
    expect((await run(["list", "--folder", folder])).out).toBe("alice  invited\n");
    const real = await createOwnerService({
      stateFolder: join(folder, "3bot"),
      home: join(folder, "home"),
      marketplaceUrl: url,
    });
    try {
      const place = await real.setUpMarketplace({ name: "alice", password: "four words of mine", token });
      expect(place).toMatchObject({
        state: "ready",
        copies: [{ id: "marketplace-1" }, { id: "marketplace-2" }],
      });
    } finally {
      await real.stop();
      stop.abort();
    }
    expect(await ended).toBe(0);
    expect(printed.err).toContain("stopped in order");
    expect(printed.out + printed.err).not.toContain(token);
  });

  it.each([
    [["--listen", "127.0.0.1:0"], "--folder is needed"],
    [["--folder", "f", "--listen", "0.0.0.0:0"], "without TLS"],
    [["--folder", "f", "--tls-cert", "c"], "belong together"],
    [["--folder", "f", "--config", "/nothing/there"], "/nothing/there"],
  ])("refuses %j", async (args, said) => {
    const { code, err } = await run(["marketplace", ...args]);
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
  });

  it.each([
    [["token"], "--name is needed"],
    [["token", "--name", "alice"], "--folder is needed"],
    [["token", "--folder", "f", "--name", "alice", "--days", "x"], "no number of days"],
    [["list"], "--folder is needed"],
  ])("%j is refused", async (args, said) => {
    const { code, err } = await run(args);
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
  });

  it("says where its configuration is wrong, and not what is in it", async () => {
    const file = join(folder, "config.json");
    for (const [text, said] of [
      ["canary", "is no JSON"],
      ['{"servers":[{"id":"canary"}]}', "not valid at servers.0.url"],
      ['{"canary":1}', "not valid at canary"],
    ] as const) {
      await writeFile(file, text);
      const { code, err } = await run(["marketplace", "--folder", folder, "--config", file]);
      expect([code, err]).toEqual([1, expect.stringContaining(said)]);
    }
  });
});

describe("recover", () => {
  const from = { place: "marketplace", name: "alice", password: "canary" };
  const variables = { BACKUP_PASSWORD: "canary" };
  beforeEach(() => {
    owner.add("marketplace");
    owner.add("marketplace", { paths: ["/home/\u001b[31mred"] });
  });

  it("says what there is, brings the newest back, and shows nothing that could harm", async () => {
    const {
      code,
      out,
      err,
      variables: left,
    } = await run(["recover", "--name", "alice", "--yes"], { variables });
    expect([code, left]).toEqual([0, {}]);
    const newest = owner.owned.get("marketplace")![0]!.id;
    expect(owner.calls).toContainEqual(["recover", { from, snapshot: newest, target: undefined }]);
    expect(out).toContain(`* ${newest.slice(0, 8)}`);
    expect(out).toContain("\\x1b[31mred");
    expect(out).toContain("Everything is back.");
    expect(out + err).not.toContain("canary");
    expect(names().at(-1)).toBe("stop");
  });

  it("replaces nothing without being told to, where nobody can be asked", async () => {
    const { code, err } = await run(["recover", "--name", "alice"], { variables });
    expect([code, err]).toEqual([1, expect.stringContaining("--yes, or --target")]);
    expect(names()).not.toContain("recover");
  });

  it("brings a chosen snapshot to a folder of its own", async () => {
    const oldest = owner.owned.get("marketplace")!.at(-1)!.id;
    const args = ["recover", "--name", "alice", "--snapshot", oldest.slice(0, 8), "--target", "/tmp/back"];
    expect((await run(args, { variables })).code).toBe(0);
    expect(owner.calls).toContainEqual(["recover", { from, snapshot: oldest, target: "/tmp/back" }]);
    const wrong = await run(["recover", "--name", "alice", "--snapshot", "ffff", "--yes"], { variables });
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("there is no snapshot ffff")]);
  });

  it("only lists if that is what is wanted", async () => {
    expect((await run(["recover", "--name", "alice", "--list"], { variables })).code).toBe(0);
    expect(names()).not.toContain("recover");
  });

  it("knows Minio's fields, whose secrets come from files and variables", async () => {
    owner.add("minio");
    await writeFile(join(folder, "secret"), "canary-secret\r\n");
    const args = [
      "recover",
      "--minio-url",
      "https://minio.example",
      "--secret-key-file",
      join(folder, "secret"),
    ];
    const given = { ...variables, AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "not this" };
    const { code, variables: left } = await run([...args, "--target", folder], { variables: given });
    expect(code).toBe(0);
    expect(left).toEqual({ AWS_ACCESS_KEY_ID: "key" });
    expect(owner.calls).toContainEqual([
      "findRecoverable",
      {
        place: "minio",
        url: "https://minio.example",
        accessKey: "key",
        secretKey: "canary-secret",
        password: "canary",
        bucket: undefined,
        prefix: undefined,
      },
    ]);
  });

  it.each([
    [["recover"], "either --name or --minio-url"],
    [["recover", "--name", "a", "--minio-url", "b"], "either --name or --minio-url"],
    [["recover", "--minio-url", "https://m.example"], "--access-key is needed"],
    [["recover", "--name", "a", "--password", "p"], "--password"],
    [["recover", "--name", "a", "--password-file", "/nothing/there"], "/nothing/there"],
  ])("%j is refused", async (args, said) => {
    const { code, err } = await run(args, { variables });
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
  });

  it("needs a password, which it takes from no command line", async () => {
    const { code, err } = await run(["recover", "--name", "alice"]);
    expect([code, err]).toEqual([1, expect.stringContaining("BACKUP_PASSWORD")]);
  });

  it.each([
    ["incomplete", 3],
    ["failed", 1],
    ["cancelled", 1],
  ] as const)("that is %s ends with %i", async (state, code) => {
    owner.recover = (request) => {
      owner.slow = true;
      return FakeOwner.prototype.recover.call(owner, request).then((begun) => {
        const problem = { code: "incomplete", message: "one file is missing", guidance: "See the log." };
        setImmediate(() => owner.end(begun.id, { state, problem }));
        return begun;
      });
    };
    const result = await run(["recover", "--name", "alice", "--yes"], { variables });
    expect(result.code).toBe(code);
    expect(result.err).toContain("one file is missing\nSee the log.\n");
    expect(result.out).not.toContain("Everything is back");
  });

  it("that brought all files back is no failure, and what is wrong with a copy is told", async () => {
    owner.recover = (request) => {
      owner.slow = true;
      return FakeOwner.prototype.recover.call(owner, request).then((begun) => {
        const problem = {
          code: "storage-failed",
          message: "one server is down",
          guidance: "It is asked again.",
        };
        const report = { created: 7, replaced: 0, left: 0, failed: 0, bytes: 70 };
        setImmediate(() => owner.end(begun.id, { state: "incomplete", report, problem }));
        return begun;
      });
    };
    const { code, out, err } = await run(["recover", "--name", "alice", "--yes"], { variables });
    expect([code, out]).toEqual([0, expect.stringContaining("Everything is back.\n")]);
    expect(err).toContain("one server is down\nIt is asked again.\n");
  });
});

describe("shell", () => {
  it("works on the state of a service that does not run", async () => {
    owner.states.set("minio", "ready");
    const { code, out } = await run(["shell", "--state", folder], {
      typed: "restic = j.tools.restic.minio_backup\nrestic.list_snapshots()\n",
    });
    expect([code, out]).toEqual([0, "[]\n"]);
    expect(names()).not.toContain("start");
    expect(names().at(-1)).toBe("stop");
  });

  it("ends with 1 if a line could not be worked out", async () => {
    expect((await run(["shell", "--state", folder], { typed: "nothing\n" })).code).toBe(1);
  });

  it("works on a service that runs, with a token", async () => {
    const site = await openFakeSite();
    try {
      site.owner.states.set("minio", "ready");
      site.owner.add("minio");
      const cookie = await cookieOf(site.url);
      const made = await site.fetch("/api/v1/tokens", {
        method: "POST",
        headers: { cookie, "content-type": "application/json" },
        body: JSON.stringify({ name: "shell" }),
      });
      const { token } = (await made.json()) as { token: string };
      const { code, out, err } = await run(["shell", "--service", site.url], {
        typed: "r = j.tools.restic.minio_backup\nr.restore('/')\nr.list_snapshots()[0]['short_id']\n",
        variables: { THREEBOT_TOKEN: token },
      });
      expect([code, out, err]).toEqual([0, "'01010101'\n", ""]);
      expect(site.owner.calls.map(([name]) => name)).toContain("restore");
      expect(opened).toEqual([]);
    } finally {
      await site.close();
    }
  });
});

/** A request whose Host is not that of the URL, which fetch does not make. */
function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/v1/session`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).once("error", reject);
  });
}

function postOverTls(url: string, body: object, ca: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const asked = request(url, { method: "POST", ca, headers }, (response) => {
      response.resume();
      resolve(response);
    });
    asked.once("error", reject).end(JSON.stringify(body));
  });
}

it("a site with the owner's password logs nothing of what is sent to it", async () => {
  const lines: string[] = [];
  const take = (message: string, fields?: object): void =>
    void lines.push(message + JSON.stringify(fields ?? {}));
  const site = await openFakeSite({}, { debug: take, info: take, warn: take, error: take });
  try {
    const cookie = await cookieOf(site.url);
    site.owner.testMinio = () => Promise.reject(new Error("canary-defect"));
    const response = await site.fetch("/api/v1/minio/test?x=canary-query", {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify({
        url: "https://m.example",
        accessKey: "a",
        secretKey: "canary-body",
        password: "canary",
      }),
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("canary-defect");
    expect(lines).toEqual(["POST /api/v1/minio/test: canary-defect{}"]);
    expect(lines.join()).not.toContain(ownerPassword);
    expect(lines.join()).not.toMatch(/canary-(?:body|query)/);
  } finally {
    await site.close();
  }
});
