// scrypt parameters: which are accepted, which a hostile key file asks for in vain, and how new ones are chosen.
import {
  calibrateScrypt,
  checkScryptParams,
  deriveKey,
  generateMasterKey,
  nodeCrypto,
  type CryptoProvider,
  type ScryptParams,
} from "@tastic/crypto";
import { portableCrypto } from "@tastic/crypto/portable";
import { isTasticError } from "@tastic/errors";
import { describe, expect, it } from "vitest";
import { codeOf, toHex } from "./support.js";

describe("checkScryptParams", () => {
  it.each([
    { N: 32768, r: 8, p: 6 },
    { N: 32768, r: 8, p: 100 },
    { N: 16384, r: 8, p: 1 },
    { N: 2, r: 1, p: 1 },
    { N: 2 ** 20, r: 8, p: 1 },
    { N: 2 ** 20, r: 8, p: 4 },
  ])("accepts %j", (params) => {
    expect(codeOf(() => checkScryptParams(params, "key"))).toBe("nothing was thrown");
  });

  it.each([
    { N: 0, r: 8, p: 1 },
    { N: 1, r: 8, p: 1 },
    { N: 3, r: 8, p: 1 },
    { N: 32767, r: 8, p: 1 },
    { N: -32768, r: 8, p: 1 },
    { N: 1024.5, r: 8, p: 1 },
    { N: NaN, r: 8, p: 1 },
    { N: Infinity, r: 8, p: 1 },
    { N: 2 ** 21, r: 1, p: 1 },
    { N: 2 ** 53, r: 1, p: 1 },
    { N: 2 ** 20, r: 9, p: 1 },
    { N: 1024, r: 0, p: 1 },
    { N: 1024, r: 8, p: 0 },
    { N: 1024, r: 8.5, p: 1 },
    { N: 1024, r: 8, p: -1 },
    { N: 1024, r: 8, p: NaN },
    { N: 2, r: 2 ** 30, p: 1 },
    { N: 2, r: 1, p: 2 ** 30 },
    { N: 2, r: 2 ** 23, p: 1 },
    { N: 2, r: 1, p: 2 ** 24 },
    { N: 32768, r: 8, p: 129 },
    { N: 2 ** 20, r: 8, p: 5 },
  ])("refuses %j", (params) => {
    expect(codeOf(() => checkScryptParams(params, "key"))).toBe("invalid-key");
  });

  it("refuses numbers that are none, as JSON may give them", () => {
    const params = JSON.parse('{"N":"32768","r":8,"p":1}') as ScryptParams;
    expect(codeOf(() => checkScryptParams(params, "key"))).toBe("invalid-key");
  });

  it("names the object and the numbers", () => {
    const params = { N: 2 ** 20, r: 64, p: 1 };
    expect(() => checkScryptParams(params, "key 1a2b")).toThrow(
      /^key 1a2b: .*N=1048576, r=64, p=1.*8193 MiB/,
    );
  });
});

describe("deriveKey", () => {
  const salt = Uint8Array.from({ length: 64 }, (_, i) => i);
  const params = { N: 16, r: 8, p: 1 };

  it("is the same by both providers, for text and for its UTF-8 bytes", async () => {
    const byNode = await deriveKey(nodeCrypto, "päss 🗝", salt, params);
    const byPortable = await deriveKey(portableCrypto, new TextEncoder().encode("päss 🗝"), salt, params);
    expect(byNode).toEqual(byPortable);
  });

  it("cuts 64 bytes into encrypt, k and r", async () => {
    const bytes = toHex(await nodeCrypto.scrypt(new TextEncoder().encode("x"), salt, params, 64));
    const { encrypt, macK, macR } = await deriveKey(nodeCrypto, "x", salt, params);
    expect(toHex(encrypt)).toBe(bytes.slice(0, 64));
    expect(toHex(macK)).toBe(bytes.slice(64, 96));
    expect(toHex(macR)).toBe(bytes.slice(96));
  });

  it("refuses hostile parameters before it derives", async () => {
    const provider: CryptoProvider = {
      ...nodeCrypto,
      scrypt: () => Promise.reject(new Error("it derived")),
    };
    const error: unknown = await deriveKey(provider, "x", salt, { N: 2 ** 40, r: 8, p: 1 }).catch(
      (e: unknown) => e,
    );
    expect(isTasticError(error, "invalid-key")).toBe(true);
  });
});

/** A provider on which work of N * r * p takes `cost` ms a million, by a clock of its own. */
function machine(cost: number) {
  let time = 0;
  const provider: CryptoProvider = {
    ...nodeCrypto,
    scrypt: (_password, _salt, { N, r, p }, length) => {
      time += (N * r * p * cost) / 1e6;
      return Promise.resolve(new Uint8Array(length));
    },
  };
  return { provider, now: () => time };
}

describe("calibrateScrypt", () => {
  it.each([
    // Where restic finds p = 6: 32768 * 8 takes 80 ms.
    [305, {}, { N: 32768, r: 8, p: 6 }],
    [1900, {}, { N: 32768, r: 8, p: 1 }],
    [2000, {}, { N: 16384, r: 8, p: 1 }],
    [100_000, {}, { N: 16384, r: 8, p: 1 }],
    [0, {}, { N: 32768, r: 8, p: 128 }],
    [305, { milliseconds: 100 }, { N: 32768, r: 8, p: 1 }],
    [0, { memory: 2 ** 40 }, { N: 2 ** 20, r: 8, p: 4 }],
    [100, { memory: 300 * 2 ** 20 }, { N: 262144, r: 8, p: 2 }],
  ])("on a machine of %i ms a million, with %j, chooses %j", async (cost, options, expected) => {
    const { provider, now } = machine(cost);
    const params = await calibrateScrypt(provider, { ...options, now });
    expect(params).toEqual(expected);
    expect(codeOf(() => checkScryptParams(params, "key"))).toBe("nothing was thrown");
  });
});

describe("generateMasterKey", () => {
  it("gives another key each time, of the right lengths", () => {
    const [a, b] = [generateMasterKey(nodeCrypto), generateMasterKey(nodeCrypto)];
    expect([a.encrypt.length, a.macK.length, a.macR.length]).toEqual([32, 16, 16]);
    for (const part of ["encrypt", "macK", "macR"] as const) expect(toHex(a[part])).not.toBe(toHex(b[part]));
  });
});
