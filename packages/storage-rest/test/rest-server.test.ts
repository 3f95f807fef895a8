/** Our storage on the real rest-server: over TCP, TLS and a unix socket, with a login, a quota, and as append-only. */
import { readFile } from "node:fs/promises";
import { createRestStorage, parseRestLocation, type RestStorageOptions } from "@tastic/storage-rest";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { describeWithRestServer, temporaryFolder } from "../../../test/support/peers.js";
import {
  makeCertificates,
  startRestServer,
  type RestServer,
  type RestServerOptions,
  type TestCertificates,
} from "../../../test/support/rest-server.js";
import { emptied, failure, fileFor, listed, storageConformance } from "../../storage/test/conformance.js";
import { startTestServer } from "./test-server.js";

const bytes = sampleBytes(1000);
const file = fileFor("pack", bytes);
const user = { name: "anna", password: "pass:wörd" };
const credentials = { username: user.name, password: user.password };

type More = Omit<RestStorageOptions, "location">;

/** The conformance tests, on one server and one repository. */
function conformanceOn(
  name: string,
  setUp: () => Promise<{ options: RestServerOptions; more?: More }>,
): void {
  describe(name, () => {
    let server: RestServer;
    let more: More = {};
    beforeAll(async () => {
      const made = await setUp();
      more = made.more ?? {};
      server = await startRestServer(made.options);
    });
    afterAll(() => server.stop());
    storageConformance(name, async () => {
      const location = parseRestLocation(`rest:${server.url}repo/`);
      return emptied(createRestStorage({ location, ...more }));
    });
  });
}

/** A server and a storage on it, for one test. */
async function start(options: RestServerOptions = {}, more: More = {}) {
  const server = await startRestServer(options);
  onTestFinished(() => server.stop());
  const storage = createRestStorage({ location: parseRestLocation(`rest:${server.url}repo/`), ...more });
  onTestFinished(() => storage.close());
  return { server, storage };
}

describeWithRestServer("on rest-server", () => {
  let certificates: TestCertificates;
  let caCertificates: string;
  let clientCertificate: string;
  beforeAll(async () => {
    certificates = await makeCertificates(await temporaryFolder());
    caCertificates = await readFile(certificates.authority, "utf8");
    clientCertificate = await readFile(certificates.client, "utf8");
  });

  conformanceOn("REST", async () => ({ options: {} }));
  conformanceOn("REST over a unix socket", async () => ({ options: { unix: true } }));
  conformanceOn("REST over TLS, with a login", async () => ({
    options: { certificates, user },
    more: { caCertificates, credentials },
  }));

  it("comes in with the URL's user before the environment's, and never shows the password", async () => {
    const { server } = await start({ user });
    const url = server.url.replace("http://", `http://anna:${encodeURIComponent(user.password)}@`);
    const storage = createRestStorage({
      location: parseRestLocation(`rest:${url}repo/`),
      credentials: { username: "otto", password: "wrong" },
    });
    onTestFinished(() => storage.close());
    await storage.prepare();
    const error = await failure(storage.load(file), "not-found");
    expect(error.message).toContain("http://anna:***@");
    expect(JSON.stringify([error.message, error.guidance, error.data, storage.location])).not.toMatch(
      /w%C3|wörd/,
    );
  });

  it.each([undefined, { username: "anna", password: "wrong" }])("does not come in with %j", async (wrong) => {
    const { storage } = await start({ user }, { credentials: wrong });
    for (const call of [
      () => storage.prepare(),
      () => storage.save(file, bytes),
      () => storage.load(file),
      () => storage.stat(file),
      () => listed(storage, "pack"),
      () => storage.remove(file),
    ]) {
      const error = await failure(call(), "access-denied");
      expect(error.message).toContain("user name and password");
      expect(error.message).not.toContain("wrong");
    }
  });

  it("may add where it may not take away", async () => {
    const { storage } = await start({ appendOnly: true });
    await storage.prepare();
    await storage.save(file, bytes);
    await storage.save(file, bytes);
    expect((await failure(storage.remove(file), "access-denied")).guidance).toContain("append-only");
    const lock = fileFor("lock", bytes);
    await storage.save(lock, bytes);
    await storage.remove(lock);
    expect(await storage.load(file)).toEqual(bytes);
  });

  it("is told of a quota, once", async () => {
    const { storage } = await start({ maximumSize: 10_000 });
    await storage.prepare();
    await storage.save(file, bytes);
    const large = sampleBytes(20_000);
    await failure(storage.save(fileFor("pack", large), large), "no-space");
  });

  it("goes on with a server that has come back", async () => {
    const { server, storage } = await start();
    await storage.prepare();
    await storage.save(file, bytes);
    await server.stop();
    await failure(storage.load(file), "storage-failed");
    const again = await startRestServer({ folder: server.folder, port: Number(new URL(server.url).port) });
    onTestFinished(() => again.stop());
    expect(await storage.load(file)).toEqual(bytes);
  });

  it("does not trust whom it does not know, unless told to", async () => {
    const { server, storage } = await start({ certificates });
    expect((await failure(storage.prepare(), "access-denied")).guidance).toContain("--cacert");
    const insecure = createRestStorage({
      location: parseRestLocation(`rest:${server.url}repo/`),
      insecureTls: true,
    });
    onTestFinished(() => insecure.close());
    await insecure.prepare();
  });

  it("says it where TLS is on one side only", async () => {
    const { server } = await start();
    const url = server.url.replace("http:", "https:");
    const storage = createRestStorage({ location: parseRestLocation(`rest:${url}repo/`) });
    onTestFinished(() => storage.close());
    expect((await failure(storage.prepare(), "invalid-argument")).message).toContain("does not speak TLS");
  });

  it("shows its certificate to a server that asks for one", async () => {
    const [cert, key] = await Promise.all(
      [certificates.serverCertificate, certificates.serverKey].map((path) => readFile(path, "utf8")),
    );
    const { location } = await startTestServer({ tls: { cert: cert!, key: key!, ca: caCertificates } });
    const known = createRestStorage({ location, caCertificates, clientCertificate });
    const stranger = createRestStorage({ location, caCertificates });
    onTestFinished(async () => {
      await known.close();
      await stranger.close();
    });
    await known.prepare();
    await known.save(file, bytes);
    expect((await failure(stranger.load(file), "access-denied")).guidance).toContain("--tls-client-cert");
  });
});

it.each([{ caCertificates: "no PEM" }, { clientCertificate: "-----BEGIN CERTIFICATE-----\n" }])(
  "refuses %j as PEM",
  (more) => {
    const location = parseRestLocation("rest:https://host/");
    expect(() => createRestStorage({ location, ...more })).toThrow("in PEM");
  },
);
