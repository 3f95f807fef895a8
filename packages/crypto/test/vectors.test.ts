// Sealed objects that others made: Poly1305-AES vectors and a repository of restic 0.19.1.
import { deriveKey } from "@tastic/crypto";
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, join, providers, someKey, toHex } from "./support.js";

// D. J. Bernstein, "The Poly1305-AES message-authentication code", appendix B: message, k, r, nonce, tag.
const bernstein: [string, string, string, string, string][] = [
  [
    "f3f6",
    "ec074c835580741701425b623235add6",
    "851fc40c3467ac0be05cc20404f3f700",
    "fb447350c4e868c52ac3275cf9d4327e",
    "f4c633c3044fc145f84f335cb81953de",
  ],
  [
    "",
    "75deaa25c09f208e1dc4ce6b5cad3fbf",
    "a0f3080000f46400d0c7e9076c834403",
    "61ee09218d29b0aaed7e154a2c5509cc",
    "dd3fab2251f11ac759f0887129cc2ee7",
  ],
  [
    "663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136",
    "6acb5f61a7176dd320c5c1eb2edcdc74",
    "48443d0bb0d21109c89a100b5ce2c208",
    "ae212a55399729595dea458bc621ff0e",
    "0ee1c16bb73f0f4fd19881753c01cdbe",
  ],
  [
    "ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0990c62e48b8018b2c3e4a0fa3134cb67fa83e158c994d961c4cb21095c1bf9",
    "e1a5668a4d5b66a5f68cc5424ed5982d",
    "12976a08c4426d0ce8a82407c4f48207",
    "9ae831e743978d3a23527c7128149e3a",
    "5154ad0d2cb26e01274fc51148491f1b",
  ],
];

// `restic init` with password "tastic": from the file under keys/, and the file config.
const keyFile = {
  N: 32768,
  r: 8,
  p: 6,
  salt: "35PSAaNQgmzqpwdP9b8HssD6rIJ/kzTPdQ4vj4/mG6AkxYN/uz/Ulm0fGOdkYMG1qsC1kFpbmqRjv/Wx+N6OPA==",
  data: "buMzUHj99UBM5F9ohIl1IkAOKhqtb/BcXKCJEVGZc1ofpJf4+sxI6dnB/mAQilJkJVlt8WYLjfJVo97nTydLrVWcDw0u5pzIp40RoEqC45KJ3O+skfh4wnYgLr2P6XvCCXA4Okv4U4Ku2NXiIqivfB5jrYF5xMMJa70PP63jOOxjg4RF4qGHZaAfPX/Smg1i5wG3AsPItOZACBYXdUQ/Ng==",
};
const config =
  "GS0dIc4xb50dcLQPgKLA9my7sBIsjRsJvrrCcLVPR/ANSvdgWIaRbw849WlODPTuDSXlDEcGsJSlD2izuwh7LgeZv7tCxcRrlgX1wz9abrgjKC3oZiuc65Ejn8n9OzcgUGtsiddhOJS3UL+HOGqg5OHj2psYsNLxMwlIy8Wqrbz0pq8uit9RNlZXldaDM7aX0Tj6BH4ANCdx8L8=";

const utf8 = (string: string) => new TextEncoder().encode(string);

describe.each(providers)("with the $name provider", (provider) => {
  it.each(bernstein)("the tag of Poly1305-AES vector %s is accepted", (message, k, r, nonce, tag) => {
    const sealer = provider.createSealer({ ...someKey, macK: fromHex(k), macR: fromHex(r) });
    const sealed = join(fromHex(nonce), fromHex(message), fromHex(tag));
    expect(sealer.open(sealed, "vector").length).toBe(message.length / 2);
  });

  it("a repository of restic opens with its password", async () => {
    const derived = await deriveKey(provider, "tastic", fromBase64(keyFile.salt), keyFile);
    const json = provider.createSealer(derived).open(fromBase64(keyFile.data), "key");
    const master = JSON.parse(new TextDecoder().decode(json)) as {
      mac: { k: string; r: string };
      encrypt: string;
    };
    expect(master.encrypt).toBe("APUvzSuxZ9Xq5a1OZItMBgBD5x6ICo/tDvMjVe6p3pY=");
    const sealer = provider.createSealer({
      encrypt: fromBase64(master.encrypt),
      macK: fromBase64(master.mac.k),
      macR: fromBase64(master.mac.r),
    });
    expect(JSON.parse(new TextDecoder().decode(sealer.open(fromBase64(config), "config")))).toEqual({
      version: 2,
      id: "70dfc361cfd398ee3d1d0b530d4961443bc11d16f4698d61ca0f24c84e4f17eb",
      chunker_polynomial: "3ba67a7695bf37",
    });
  });

  it("hashes as FIPS 180-4 says, whole and in parts", () => {
    const abc = new TextEncoder().encode("abc");
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(provider.sha256Hex(abc)).toBe(expected);
    expect(toHex(provider.sha256(abc))).toBe(expected);
    const hash = provider.createHash();
    hash.update(abc.subarray(0, 1));
    hash.update(abc.subarray(1));
    expect(toHex(hash.digest())).toBe(expected);
    expect(provider.sha256Hex(new Uint8Array())).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  // RFC 7914 section 12, all but the one that takes 1 GiB.
  it.each([
    [
      "",
      "",
      { N: 16, r: 1, p: 1 },
      "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    ],
    [
      "password",
      "NaCl",
      { N: 1024, r: 8, p: 16 },
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    ],
    [
      "pleaseletmein",
      "SodiumChloride",
      { N: 16384, r: 8, p: 1 },
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    ],
  ])("derives as RFC 7914 says for password %j", async (password, salt, params, expected) => {
    expect(toHex(await provider.scrypt(utf8(password), utf8(salt), params, 64))).toBe(expected);
  });

  it("gives random bytes of any number", () => {
    for (const n of [0, 1, 65536, 65537, 200_000]) expect(provider.randomBytes(n).length).toBe(n);
    const tail = provider.randomBytes(200_000).subarray(199_900);
    expect(tail.every((byte) => byte === 0)).toBe(false);
    expect(toHex(provider.randomBytes(32))).not.toBe(toHex(provider.randomBytes(32)));
  });

  it("returns arrays that are no Buffers", () => {
    const sealer = provider.createSealer(someKey);
    const sealed = sealer.seal(new Uint8Array(3));
    for (const bytes of [
      sealed,
      sealer.open(sealed, "x"),
      provider.sha256(sealed),
      provider.randomBytes(1),
    ]) {
      expect(Buffer.isBuffer(bytes)).toBe(false);
    }
  });
});
