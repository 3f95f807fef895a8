/** A server in this process, on a port of its own, for tests that look at one thing. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  createAuditFile,
  createLocalDocuments,
  createLocalRepositories,
  createRestServer,
  listen,
  localModes,
  type Listening,
  type RestServer,
  type RestServerOptions,
  type Timeouts,
} from "@tastic/rest-server";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";

export { temporaryFolder } from "../../../test/support/folders.js";
export {
  call,
  media1,
  media2,
  sha256,
  type Answer,
  type CallOptions,
} from "../../../test/support/serve-rest.js";

export interface TestServer {
  readonly url: string;
  readonly folder: string;
  readonly server: RestServer;
  readonly listening: Listening;
  stop(): Promise<void>;
}

export interface TestServerOptions extends Partial<RestServerOptions> {
  readonly folder?: string;
  readonly timeouts?: Partial<Timeouts>;
}

export async function startServer({
  folder,
  timeouts,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const root = folder ?? join(await temporaryFolder(), "served");
  await mkdir(root, { recursive: true });
  const modes = localModes(false);
  const server = await createRestServer({
    repositories: createLocalRepositories(root),
    documents: createLocalDocuments(join(root, ".tastic"), modes),
    audit: createAuditFile(join(root, ".tastic", "audit.log"), modes),
    authentication: { kind: "none" },
    ...options,
  });
  await server.start();
  const listening = await listen(server.handle, {
    address: "127.0.0.1:0",
    ...(timeouts ? { timeouts } : {}),
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      await listening.close(200);
      await server.stop();
    })());
  onTestFinished(stop);
  return { url: `http://${listening.address}/`, folder: root, server, listening, stop };
}

/** A line of an htpasswd file that costs nothing to check. */
export function shaLine(name: string, password: string): string {
  return `${name}:{SHA}${createHash("sha1").update(password).digest("base64")}\n`;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
