/** A marketplace with deployer, page session and two servers, whose 3Bots are stand-ins, and how a person uses it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../../test/support/folders.js";
import {
  ProcessTarget,
  runMarketplace,
  type RunMarketplaceOptions,
  type RunningMarketplace,
  type Target,
} from "@tastic/threebot";

const standIn = fileURLToPath(new URL("stand-in-threebot.mjs", import.meta.url));
export const goodPassword = "orbital-lantern-mustard-quilt";

export interface Site {
  readonly running: RunningMarketplace;
  readonly folder: string;
  readonly clock: { now: number };
  readonly targets: readonly Target[];
  /** With the session, if there is one. */
  ask(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  login(): Promise<void>;
  restart(): Promise<Site>;
  /** With its 3Bots; it ends with the test if nobody has ended it before. */
  end(): Promise<void>;
}

export interface SiteOptions extends Partial<RunMarketplaceOptions> {
  readonly clock?: { now: number };
  readonly listenOn?: readonly [string, string];
}

export function processTarget(folder: string, id: string, command?: readonly string[]): ProcessTarget {
  const args = ["--state", "{state}", "--home", "{home}", "--setup", "{setup}", "--port", "{port}"];
  return new ProcessTarget({
    id,
    folder: join(folder, id),
    command: command ?? [process.execPath, standIn, ...args],
  });
}

export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const folder = options.folder ?? (await temporaryFolder());
  const clock = options.clock ?? { now: Date.now() };
  const targets = options.targets ?? [processTarget(folder, "here"), processTarget(folder, "there")];
  const [one, two] = options.listenOn ?? ["127.0.0.1:0", "127.0.0.1:0"];
  const running = await runMarketplace({
    folder,
    listen: "127.0.0.1:0",
    servers: { embedded: [{ listen: one }, { listen: two }] },
    targets,
    now: () => clock.now,
    ...options,
  });
  const end = async (): Promise<void> => {
    for (const target of targets)
      for (const { name } of (await running.deployer?.list()) ?? []) await target.stop(name);
    await running.stop();
  };
  onTestFinished(end);
  let cookie = "";
  const ask: Site["ask"] = async (method, path, body) => {
    const answer = await fetch(new URL(`api/v1/${path}`, running.url), {
      method,
      headers: { "content-type": "application/json", cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [set] = answer.headers.getSetCookie();
    if (set !== undefined) cookie = set.split(";")[0]!;
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const login = async (): Promise<void> => {
    const password = "the page of the deployer";
    const { setupCode } = running;
    const { status } =
      setupCode === undefined
        ? await ask("POST", "session", { password })
        : await ask("POST", "session/first", { setupCode, password });
    if (status !== 200) throw new Error(`cannot log in: ${status}`);
  };
  const restart = async (): Promise<Site> => {
    await running.stop();
    return startSite({ ...options, folder, clock, targets });
  };
  return { running, folder, clock, targets, ask, login, restart, end };
}

/** Waits until a 3Bot is as it is wanted. */
export async function until(
  site: Site,
  name: string,
  state: string,
  patience = 90_000,
): Promise<Record<string, unknown>> {
  const end = performance.now() + patience;
  for (;;) {
    const { body } = await site.ask("GET", `deployer/deployments/${name}`);
    if (body["state"] === state && (state !== "running" || body["step"] === "running")) return body;
    if (body["state"] === "failed" || performance.now() > end)
      throw new Error(`${name} is not ${state}: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Has a stand-in make a backup, and waits until it has. */
export async function backUp(address: string, folder: string): Promise<void> {
  const me = JSON.parse(await readFile(join(folder, "state", "me.json"), "utf8")) as { apiToken: string };
  const ask = async (method: string, path: string): Promise<{ id: string; state: string }> => {
    const headers = { authorization: `Bearer ${me.apiToken}` };
    const answer = await fetch(`${address}api/v1/${path}`, { method, headers });
    return (await answer.json()) as { id: string; state: string };
  };
  const { id } = await ask("POST", "places/marketplace/backup");
  await expect.poll(async () => (await ask("GET", `runs/${id}`)).state, { timeout: 60_000 }).toBe("done");
}
