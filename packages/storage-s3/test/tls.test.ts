/** Who is trusted, and who we say that we are, over TLS. */
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { makeCertificates } from "../../../test/support/certificates.js";
import { describeWithOpenssl } from "../../../test/support/peers.js";
import { failure, fileFor } from "../../storage/test/conformance.js";
import { s3Server, storageAt } from "./s3-server.js";

const pack = fileFor("pack", sampleBytes(10));

describeWithOpenssl("a server over TLS", () => {
  async function secureServer(options: { readonly wantsClient?: boolean } = {}) {
    const certificates = await makeCertificates();
    const { authority, server } = certificates;
    const clients: string[] = [];
    const { endpoint, requests } = await s3Server(
      (_, response) => {
        const peer = (response.socket as TLSSocket).getPeerCertificate();
        clients.push(Object.keys(peer).length === 0 ? "nobody" : String(peer.subject.CN));
        response.end("content");
      },
      {
        cert: server.certificate,
        key: server.key,
        ca: authority.certificate,
        requestCert: options.wantsClient === true,
        rejectUnauthorized: options.wantsClient === true,
      },
    );
    const location = { endpoint, useHttps: true, bucket: "bucket", prefix: "" };
    return { ...certificates, endpoint, location, requests, clients };
  }

  it("is not trusted without its authority, and told so in one attempt", async () => {
    const { endpoint, location, requests } = await secureServer();
    const error = await failure(storageAt(endpoint, { location }).load(pack), "invalid-argument");
    expect(error.message).toContain(`the certificate of ${endpoint} is not trusted`);
    expect(error.guidance).toContain("--cacert");
    expect(requests).toHaveLength(0);
  });

  it("is trusted with its authority, or when nobody wants to know", async () => {
    const { endpoint, location, authority } = await secureServer();
    for (const tls of [{ certificateAuthorities: authority.certificate }, { insecure: true }]) {
      const bytes = await storageAt(endpoint, { location, tls }).load(pack);
      expect(Buffer.from(bytes).toString()).toBe("content");
    }
  });

  it("is not trusted under another name", async () => {
    const { endpoint, location, authority } = await secureServer();
    const port = endpoint.split(":")[1];
    const other = { ...location, endpoint: `127.0.0.2:${port}` };
    const tls = { certificateAuthorities: authority.certificate };
    // Nothing but the name differs: everything of 127.0.0.0/8 is this machine, though not everywhere.
    const error = await failure(storageAt(endpoint, { location: other, tls }).load(pack), "invalid-argument");
    expect(error.message).toMatch(/not trusted|nothing listens/);
  });

  it("sees the certificate that it asks for", async () => {
    const { endpoint, location, authority, client, clients } = await secureServer({ wantsClient: true });
    const tls = { certificateAuthorities: authority.certificate };
    const clientCertificate = `${client.certificate}\n${client.key}`;
    await storageAt(endpoint, { location, tls: { ...tls, clientCertificate } }).load(pack);
    expect(clients).toEqual(["tastic test client"]);
    const error = await storageAt(endpoint, { location, tls })
      .load(pack)
      .catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/does not speak as expected|connection to .* failed/);
    expect(clients).toHaveLength(1);
  });
});

describe("a file that is no PEM", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  it.each([
    [{ certificateAuthorities: "canary-secret" }, "the certificates to trust cannot be read"],
    [{ certificateAuthorities: "" }, "the certificates to trust cannot be read"],
    [{ certificateAuthorities: broken }, "the certificates to trust cannot be read"],
    [{ clientCertificate: "canary-secret" }, "the client certificate cannot be read"],
  ])("is told of at once: %j", async (tls, words) => {
    const error = await failure((async () => storageAt("host", { tls }))(), "invalid-argument");
    expect(error.message).toContain(words);
    expect(inspect(error)).not.toContain("canary-secret");
  });
});

describe("a server without TLS", () => {
  it("is told apart from one with it", async () => {
    const { endpoint } = await s3Server((_, response) => response.end());
    const location = { endpoint, useHttps: true, bucket: "bucket", prefix: "" };
    const error = await failure(storageAt(endpoint, { location }).load(pack), "invalid-argument");
    expect(error.message).toContain("does not speak as expected");
    expect(error.guidance).toContain("s3:http://");
  });
});
