/** What tests of bad clients share: talking past HTTP, and looking whether a server was left as it should be. */
import { randomBytes } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { call, sha256, type TestServer } from "./support.js";

export const content = randomBytes(200_000);
export const name = sha256(content);

export interface Raw {
  readonly socket: Socket;
  /** What has come when the server has answered or closed the connection, or `milliseconds` have passed. */
  readonly answer: (milliseconds?: number) => Promise<string>;
}

export function raw(server: TestServer, text: string): Raw {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  let received = "";
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    // The server waits a while for a client that is still sending, so that it gets to read the answer.
    socket.once("data", () => setTimeout(resolve, 200));
  });
  socket.on("error", () => undefined);
  socket.on("data", (data) => (received += data.toString("latin1")));
  socket.write(text);
  return {
    socket,
    answer: async (milliseconds = 5_000) => {
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
      socket.destroy();
      return received;
    },
  };
}

export const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? "none";

/** Files that are neither objects nor the server's own, in all repositories. */
export async function leftovers(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".tastic"))
    .map((entry) => entry.name)
    .filter((file) => !/^(?:[0-9a-f]{64}|config)$/.test(file));
}

/** What this process has open below a folder. */
export function openBelow(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

/** The server still does what it is for, and nothing is left of what was refused. */
export async function unharmed(server: TestServer): Promise<void> {
  const body = randomBytes(1000);
  expect((await call(server.url, "POST", `/good/data/${sha256(body)}`, { body })).status).toBe(200);
  expect((await call(server.url, "GET", `/good/data/${sha256(body)}`)).body.equals(body)).toBe(true);
  await expect.poll(() => leftovers(server.folder)).toEqual([]);
  if (process.platform === "linux") await expect.poll(() => openBelow(join(server.folder, "r"))).toEqual([]);
}
