import { createServer } from "node:http";
import { isIP, type AddressInfo, type LookupFunction } from "node:net";
import { createRestStorage, parseRestLocation } from "@tastic/storage-rest";
import { createS3Storage, parseS3Location } from "@tastic/storage-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { callServer } from "../dist/copies/http-call.js";
import {
  checkHost,
  isRefusedAddress,
  parseSafeUrl,
  publicAddressesOnly,
  safeLookup,
} from "../dist/copies/safe-url.js";

function lookUp(host: string, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    safeLookup(host, { all }, (error, address, family) => {
      if (error === null) resolve(all ? address : { address, family });
      else reject(error);
    });
  });
}

async function listener(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.host ?? "");
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

describe("threat 22: addresses", () => {
  it.each([
    ...["169.254.169.254", "169.254.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "100.100.100.200"],
    ...[
      "::",
      "fe80::1",
      "fe80::1%eth0",
      "ff02::1",
      "fd00:ec2::254",
      "::ffff:169.254.169.254",
      "::ffff:0.0.0.0",
    ],
    ...["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe", "no address"],
  ])("%s is never asked", (address) => expect(isRefusedAddress(address)).toBe(true));

  it.each(["127.0.0.1", "10.0.0.1", "192.168.1.2", "93.184.216.34", "::1", "2001:db8::1", "fd12:3456::1"])(
    "%s may be asked",
    (address) => expect(isRefusedAddress(address)).toBe(false),
  );

  it("are looked at when a name is looked up, not only when it is typed", async () => {
    await expect(lookUp("169.254.169.254", false)).rejects.toMatchObject({ code: "EADDRREFUSED" });
    await expect(lookUp("169.254.169.254", true)).rejects.toMatchObject({ code: "EADDRREFUSED" });
    const { address, family } = (await lookUp("localhost", false)) as { address: string; family: number };
    expect(isIP(address)).toBe(family);
    expect(await lookUp("localhost", true)).toContainEqual({ address: expect.any(String) as string, family });
    await expect(checkHost(new URL("http://169.254.1.1/"), "it")).rejects.toMatchObject({
      code: "access-denied",
    });
    await expect(checkHost(new URL("http://no-such-host.invalid/"), "it")).rejects.toThrow(
      /there is no host/,
    );
    await expect(checkHost(new URL("http://[::1]:80/"), "it")).resolves.toBeUndefined();
  });

  it("what stores connect to is what the lookup says at that moment, whatever the name meant before", async () => {
    const { port, asked } = await listener();
    const leads: LookupFunction = (_, options, answer) => {
      if (options.all === true) answer(null, [{ address: "127.0.0.1", family: 4 }]);
      else answer(null, "127.0.0.1", 4);
    };
    const refuses: LookupFunction = (_, __, answer) => {
      answer(Object.assign(new Error("refused"), { code: "EADDRREFUSED" }), []);
    };
    const host = `rebound.invalid:${port}`;
    const keys = { kind: "keys", accessKeyId: "a", secretAccessKey: "b" } as const;
    for (const lookup of [leads, refuses]) {
      const stores = [
        createRestStorage({ location: parseRestLocation(`rest:http://${host}/alice/`), lookup }),
        createS3Storage({ location: parseS3Location(`s3:http://${host}/bucket`), credentials: keys, lookup }),
      ];
      for (const store of stores) {
        await expect(store.load({ type: "config", name: "" })).rejects.toMatchObject({
          code: lookup === leads ? "not-found" : "storage-failed",
        });
        await store.close();
      }
    }
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(new Set(asked)).toEqual(new Set([host]));
  });
});

describe("threat 22: where an operator allows public addresses only", () => {
  const restricted = (...hosts: string[]): void => {
    publicAddressesOnly(hosts);
    onTestFinished(() => publicAddressesOnly(undefined));
  };

  it.each([
    ...["127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.2", "100.64.0.1"],
    ...[
      "::1",
      "fd12:3456::1",
      "::ffff:10.0.0.1",
      "::ffff:127.0.0.1",
      "64:ff9b::a00:1",
      "2002:a00:1::",
      "::7f00:1",
    ],
    "169.254.169.254",
  ])("%s is not asked", (address) => {
    restricted("minio.internal");
    expect(isRefusedAddress(address)).toBe(true);
    const url = `http://${isIP(address) === 6 ? `[${address}]` : address}:9000/`;
    expect(() => parseSafeUrl(url, "it")).toThrow(/not allowed/);
  });

  it.each(["93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:2800::1", "::ffff:93.184.216.34"])(
    "%s is asked",
    (address) => {
      restricted();
      expect(isRefusedAddress(address)).toBe(false);
    },
  );

  it("names count as what they lead to, and hosts may be excepted, though never the cloud's own", async () => {
    restricted();
    for (const url of [
      "http://2130706433/",
      "http://0x7f000001/",
      "http://[::ffff:7f00:1]/",
      "http://127.1/",
    ])
      expect(() => parseSafeUrl(url, "it"), url).toThrow(/not allowed/);
    await expect(lookUp("localhost", false)).rejects.toMatchObject({ code: "EADDRREFUSED" });
    await expect(checkHost(new URL("http://localhost:9000"), "it")).rejects.toMatchObject({
      code: "access-denied",
      guidance: expect.stringContaining("--allow-host") as string,
    });
    const { port, asked } = await listener();
    const store = createRestStorage({
      location: parseRestLocation(`rest:http://localhost:${port}/alice/`),
      lookup: safeLookup,
    });
    await expect(store.load({ type: "config", name: "" })).rejects.toThrow();
    expect(asked).toEqual([]);
    restricted("LocalHost.", "10.0.0.5", "[::1]", "169.254.169.254");
    await expect(store.load({ type: "config", name: "" })).rejects.toMatchObject({ code: "not-found" });
    expect(asked).toEqual([`localhost:${port}`]);
    await store.close();
    expect(parseSafeUrl("http://10.0.0.5:9000", "it").host).toBe("10.0.0.5:9000");
    expect(parseSafeUrl("http://[::1]:9000", "it").host).toBe("[::1]:9000");
    for (const url of ["http://10.0.0.6:9000", "http://169.254.169.254/"])
      expect(() => parseSafeUrl(url, "it")).toThrow(/not allowed/);
  });
});

describe("what is asked of other servers", () => {
  it("is bounded in time and size, and ends with its signal", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/long") response.end(Buffer.alloc(2 * 1024 * 1024));
      else if (request.url === "/broken") response.writeHead(200, { "content-length": "9" }).write("1");
      if (request.url === "/broken") setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const call = (path: string, more: object = {}) =>
      callServer({ method: "GET", url: new URL(path, base), what: "it", ...more });
    await expect(call("/long")).rejects.toThrow(/the answer is too long/);
    await expect(call("/broken")).rejects.toMatchObject({ code: "storage-failed" });
    await expect(call("/silent", { timeoutMs: 50 })).rejects.toThrow(/no answer within/);
    await expect(call("/silent", { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  it("goes to no URL that could be something else", () => {
    for (const url of [
      "javascript:alert(1)",
      "http:///",
      "https://host/#secret",
      "https://a:b@host/",
      "host:9000",
      "\nhttp ://x",
    ]) {
      expect(() => parseSafeUrl(url, "it"), url).toThrow(/^it /);
    }
    expect(parseSafeUrl(" https://host:9000/path ", "it").href).toBe("https://host:9000/path");
  });
});
