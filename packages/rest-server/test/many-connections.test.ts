/**
 * Thousands of connections at once, to a server in a process of its own: nobody is kept from working, and nothing is
 * left of them. TASTIC_SERVER_CONNECTIONS says how many; 10000 is what is promised, fewer are quicker.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startProgram } from "../../../test/support/programs.js";
import { whenServing } from "../../../test/support/serving.js";
import { call, sha256, temporaryFolder } from "./support.js";

/** Each client has a descriptor in this process, and one in the server's. */
const room = (openFilesLimit() ?? 1_000) - 200;
const wanted = Math.min(Number(process.env["TASTIC_SERVER_CONNECTIONS"] ?? 2_500), room);
const isLinux = process.platform === "linux";

it(
  `${wanted} connections at once keep nobody from working, and leave nothing`,
  { timeout: 300_000 },
  async () => {
    const folder = join(await temporaryFolder(), "served");
    const script = join(import.meta.dirname, "patient-server.mjs");
    const running = await startProgram(process.execPath, [script, folder], { timeout: 300_000 });
    onTestFinished(() => void running.child.kill("SIGKILL"));
    const { address } = await whenServing(running);
    const url = `http://${address}/`;
    const pid = running.child.pid!;
    await work(url);
    const before = openFiles(pid);

    const content = randomBytes(100_000);
    const post = `POST /r/data/${sha256(content)} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
    const kinds: Record<string, (Buffer | string)[]> = {
      "nothing at all": [],
      "half a header": ["GET /r/config HTTP/1.1\r\nhost: x\r\nx-slow: "],
      "no body": [post],
      "half a body": [post, content.subarray(0, 1_000)],
      "an answer, and silence": ["GET /r/config HTTP/1.1\r\nhost: x\r\n\r\n"],
    };
    const pieces = Object.values(kinds);
    const clients: Socket[] = [];
    for (let made = 0; made < wanted; made += 250) {
      const some = Array.from({ length: Math.min(250, wanted - made) }, (_, i) =>
        open(Number(new URL(url).port), made + i, pieces[(made + i) % pieces.length]!),
      );
      clients.push(...(await Promise.all(some)));
    }
    onTestFinished(() => clients.forEach((client) => client.destroy()));

    // All of them at once: what has been connected is accepted.
    if (isLinux)
      await expect.poll(() => openFiles(pid) - before, { timeout: 60_000 }).toBeGreaterThanOrEqual(wanted);
    const begun = performance.now();
    await work(url);
    const took = performance.now() - begun;
    const held = isLinux ? openFiles(pid) - before : wanted;
    const memory = isLinux ? memoryOf(pid) : 0;

    for (const client of clients) client.destroy();
    await work(url);
    if (isLinux) await expect.poll(() => openFiles(pid), { timeout: 60_000 }).toBeLessThanOrEqual(before + 8);
    expect(JSON.parse((await call(url, "GET", "/r/data/")).text)).toEqual([]);
    console.log(
      `${clients.length} connections of ${pieces.length} kinds, ${held} descriptors of the server for them, ` +
        `${memory} MiB; work beside them took ${took.toFixed(0)} ms`,
    );
  },
);

/** What a server is for. */
async function work(url: string): Promise<void> {
  const body = randomBytes(100_000);
  const path = `/good/data/${sha256(body)}`;
  expect((await call(url, "POST", path, { body })).status).toBe(200);
  expect((await call(url, "GET", path)).body.equals(body)).toBe(true);
  expect(JSON.parse((await call(url, "GET", "/good/data/")).text)).toContain(sha256(body));
}

/** From several addresses of this machine where it has them: each has only so many ports. */
function open(port: number, index: number, pieces: readonly (Buffer | string)[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const localAddress = isLinux ? { localAddress: `127.0.0.${1 + (index % 4)}` } : {};
    const socket = connect({ port, host: "127.0.0.1", ...localAddress }, () => {
      for (const piece of pieces) socket.write(piece);
      resolve(socket);
    });
    socket.on("error", reject);
    socket.resume();
  });
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** MiB. */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
}

/** Node raises its own limit to what the system allows. */
function openFilesLimit(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
  return soft === undefined ? undefined : Number(soft);
}
