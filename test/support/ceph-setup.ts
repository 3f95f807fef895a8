/**
 * One Ceph cluster for all test files of a run (a global setup of vitest): started when the first of them asks, since
 * most runs need none, and ended with the run. Test files, which are processes of their own, ask over HTTP on loopback
 * at a door whose address they are given; `cephAccess` of `peers.ts` does so.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { startCeph, type CephCluster } from "../../scripts/ceph-cluster.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with a `CephAccess` as JSON, once the cluster is there; with 500 and the reason if it cannot be. */
    readonly cephDoor: string;
  }
}

/** Opens the door. What it returns, vitest calls after the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let cluster: Promise<CephCluster> | undefined;
  const answer = async (response: ServerResponse): Promise<void> => {
    try {
      cluster ??= startCeph();
      const { endpoint, accessKeyId, secretAccessKey } = await cluster;
      response.end(JSON.stringify({ endpoint, accessKeyId, secretAccessKey }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  };
  const door = createServer((_request, response) => void answer(response));
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  project.provide("cephDoor", `http://127.0.0.1:${(door.address() as AddressInfo).port}/`);
  return async () => {
    door.closeAllConnections();
    door.close();
    // One that did not come up has cleared up after itself.
    await cluster?.then(
      ({ stop }) => stop(),
      () => undefined,
    );
  };
}
