/** Our storage on the real rest-server: over TCP, TLS and a unix socket. */
import { readFile } from "node:fs/promises";
import { createRestStorage, parseRestLocation, type RestStorageOptions } from "@tastic/storage-rest";
import { afterEach } from "vitest";
import { describeWithRestServer, temporaryFolder } from "../../../test/support/peers.js";
import {
  makeCertificates,
  startRestServer,
  type RestServer,
  type RestServerOptions,
} from "../../../test/support/rest-server.js";
import { storageConformance } from "../../storage/test/conformance.js";

const servers: RestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options: RestServerOptions = {}, more: Omit<RestStorageOptions, "location"> = {}) {
  const server = await startRestServer(options);
  servers.push(server);
  const location = parseRestLocation(`rest:${server.url}repo/`);
  return { server, storage: createRestStorage({ location, ...more }) };
}

describeWithRestServer("on rest-server", () => {
  storageConformance("REST", async () => (await start()).storage);
  storageConformance("REST over a unix socket", async () => (await start({ unix: true })).storage);
  storageConformance("REST over TLS", async () => {
    const certificates = await makeCertificates(await temporaryFolder());
    const caCertificates = await readFile(certificates.authority, "utf8");
    const user = { name: "anna", password: "pass:word" };
    return (
      await start(
        { certificates, user },
        { caCertificates, credentials: { username: user.name, password: user.password } },
      )
    ).storage;
  });
});
