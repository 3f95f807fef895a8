/**
 * What a server gets from the system and what it makes of it: a socket that systemd has opened, so many descriptors and no
 * more, and, after a kill, a folder in which much is stored.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeWithRestServer, restServer, tasticPath, temporaryFolder } from "./support/peers.js";
import { startProgram, type Running } from "./support/programs.js";
import { call, serveRest, sha256 } from "./support/serve-rest.js";
import { whenServing } from "./support/serving.js";

const isLinux = process.platform === "linux";
const describeOnLinux = describe.skipIf(!isLinux);

/** A program that a shell prepares something for, and then becomes. */
async function startPrepared(prepare: string, program: readonly string[], socket?: Server): Promise<Running> {
  const running = await startProgram("/bin/sh", ["-c", `${prepare} exec "$@"`, "sh", ...program], {
    timeout: 120_000,
    ...(socket === undefined ? {} : { socket }),
  });
  onTestFinished(() => void running.child.kill("SIGKILL"));
  return running;
}

async function listeningSocket(): Promise<{ readonly socket: Server; readonly port: number }> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, "127.0.0.1", resolve));
  return { socket, port: (socket.address() as AddressInfo).port };
}

describeWithRestServer("a socket that systemd has opened (sd_listen_fds)", () => {
  it("is served, also to those who came before the server, and --listen is not looked at", async () => {
    const servers = [[restServer!], [process.execPath, tasticPath, "serve", "rest"]];
    for (const program of servers) {
      const folder = join(await temporaryFolder(), "served");
      mkdirSync(folder);
      const { socket, port } = await listeningSocket();
      const args = ["--no-auth", "--path", folder, "--listen", "127.0.0.1:1"];
      const running = await startPrepared(
        "LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS;",
        [...program, ...args],
        socket,
      );
      const url = `http://127.0.0.1:${port}/`;
      // Nobody says yet that it serves; rest-server never does.
      expect((await call(url, "POST", "/r/?create=true")).status).toBe(200);
      const body = randomBytes(1_000);
      expect((await call(url, "POST", `/r/data/${sha256(body)}`, { body })).status).toBe(200);
      expect((await call(url, "GET", `/r/data/${sha256(body)}`)).body.equals(body)).toBe(true);
      running.child.kill("SIGTERM");
      expect((await running.finished).code).toBe(0);
    }
  });

  it("of another process is left alone, and two are one too many", async () => {
    const folder = await temporaryFolder();
    const program = [process.execPath, tasticPath, "serve", "rest", "--no-auth", "--path", folder];
    const listen = ["--listen", "127.0.0.1:0"];
    const { socket, port } = await listeningSocket();
    const other = await startPrepared(
      "LISTEN_PID=1 LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS;",
      [...program, ...listen],
      socket,
    );
    const { address } = await whenServing(other);
    expect(address).not.toBe(`127.0.0.1:${port}`);
    expect((await call(`http://${address}/`, "GET", "/health")).status).toBe(200);
    const two = await startPrepared("LISTEN_PID=$$ LISTEN_FDS=2; export LISTEN_PID LISTEN_FDS;", program);
    const { code, stderr } = await two.finished;
    expect([code, stderr]).toEqual([1, expect.stringContaining("systemd passed on 2 sockets")]);
  });
});

describeOnLinux("descriptors", () => {
  it("are not all given to connections: who has one can work, who comes too late is turned away", async () => {
    const folder = join(await temporaryFolder(), "served");
    mkdirSync(folder);
    const running = await startPrepared("ulimit -n 240;", [
      process.execPath, tasticPath, "serve", "rest", "--no-auth", "--path", folder, "--listen", "127.0.0.1:0",
    ]); // prettier-ignore
    const serving = await whenServing(running);
    const { address } = serving;
    const url = `http://${address}/`;
    const port = Number(new URL(url).port);
    const clients: Client[] = [];
    onTestFinished(() => clients.forEach(({ socket }) => socket.destroy()));
    for (let i = 0; i < 300; i++) clients.push(await open(port));
    const refused = () => clients.filter(({ ended }) => ended()).length;
    await expect.poll(refused, { timeout: 30_000 }).toBe(300 - 180);

    // All who are in upload at once: each needs a file, too.
    const inside = clients.filter(({ ended }) => !ended());
    const workers = inside.slice(0, 40);
    for (const { socket } of workers) {
      const body = randomBytes(200_000);
      socket.write(
        `POST /r/data/${sha256(body)} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`,
      );
      socket.write(body);
    }
    for (const { said: answer } of workers)
      await expect.poll(answer, { timeout: 30_000 }).toMatch(/^HTTP\/1\.1 200 /);
    const late = await open(port);
    clients.push(late);
    await expect.poll(late.ended, { timeout: 30_000 }).toBe(true);

    // There is room again.
    for (const { socket } of inside) socket.destroy();
    await expect
      .poll(() => call(url, "GET", "/r/data/").then(({ text }) => (JSON.parse(text) as unknown[]).length), {
        timeout: 30_000,
      })
      .toBe(workers.length);
    expect(serving.said()).not.toMatch(/EMFILE/);
    console.log(
      `${inside.length} of 300 connections with 240 descriptors, ${workers.length} uploads in them`,
    );
  });
});

interface Client {
  readonly socket: Socket;
  readonly said: () => string;
  readonly ended: () => boolean;
}

function open(port: number): Promise<Client> {
  return new Promise((resolve) => {
    let text = "";
    let ended = false;
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
    socket.on("error", () => undefined).on("close", () => (ended = true));
    const client = { socket, said: () => text, ended: () => ended };
    socket.once("connect", () => resolve(client)).once("close", () => resolve(client));
  });
}

it("begins within a second after a kill, with 5000 objects of 5 repositories and 1000 accounts", async () => {
  const folder = join(await temporaryFolder(), "served");
  const [objects, repositories, accounts] = [5_000, 5, 1_000];
  const own = join(folder, ".tastic");
  const hash = "$2y$05$z/OEmNQamd6m6LSegUErh.r/Owk9Xwmc5lxDheIuHY2Z7XiS6FtJm";
  const login = { user: "account0", password: "test" };
  const nameOf = (account: number): string => `account${account}`;
  for (let i = 0; i < accounts; i++) {
    const name = nameOf(i);
    const time = "2026-01-01T00:00:00.000Z";
    const record = {
      name,
      state: "active",
      password: hash,
      created: time,
      changed: time,
    };
    mkdirSync(join(own, "accounts", name), { recursive: true });
    writeFileSync(join(own, "accounts", name, "1.json"), JSON.stringify(record));
  }
  for (let i = 0; i < objects; i++) {
    const name = sha256(String(i));
    const data = join(folder, nameOf(i % repositories), "data", name.slice(0, 2));
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, name), String(i));
  }
  const options = {
    folder,
    noAuth: false,
    args: ["--private-repos", "--max-size", "1000000000", "--quota", "1G"],
  };
  const first = await serveRest(options);
  // With a limit for all, all is counted: the counts are there when the server is killed.
  const upload = async (url: string) => {
    const body = randomBytes(1_000);
    return (await call(url, "POST", `/${nameOf(0)}/data/${sha256(body)}`, { ...login, body })).status;
  };
  expect(await upload(first.url)).toBe(200);
  await first.stop("SIGKILL");
  rmSync(join(folder, ".htpasswd"), { force: true });

  const second = await serveRest(options);
  const used = processorSeconds(second.running.child.pid!);
  const before = performance.now();
  expect(await upload(second.url)).toBe(200);
  const waited = performance.now() - before;
  const mirrored = () => readFileSync(join(folder, ".htpasswd"), "utf8").trim().split("\n").length;
  await expect.poll(mirrored, { timeout: 30_000 }).toBe(accounts);
  console.log(
    `listens after ${second.startedIn.toFixed(0)} ms, with ${used.toFixed(2)} s of the processor; ` +
      `the first upload takes ${waited.toFixed(0)} ms`,
  );
  // How long it takes is a matter of what else the machine does; what it takes of the processor is not.
  if (isLinux) expect(used).toBeLessThan(1);
});

/** What a process has used of processors so far, in seconds. */
function processorSeconds(pid: number): number {
  if (!isLinux) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
