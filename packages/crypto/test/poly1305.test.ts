// Poly1305: RFC 8439's vectors, and three implementations held against each other.
import { poly1305 as noble } from "@noble/ciphers/_poly1305.js";
import { poly1305 } from "@tastic/crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Poly1305 } from "../dist/poly1305.js";
import { poly1305Twin } from "../dist/poly1305-twin.js";
import { fromHex, toHex } from "./support.js";

const ietf =
  "Any submission to the IETF intended by the Contributor for publication as all or part of an IETF Internet-Draft " +
  'or RFC and any statement made within the context of an IETF activity is considered an "IETF Contribution". Such ' +
  "statements include oral statements in IETF sessions, as well as written and electronic communications made at " +
  "any time or place, which are addressed to";
const jabberwocky =
  "'Twas brillig, and the slithy toves\nDid gyre and gimble in the wabe:\nAll mimsy were the borogoves,\nAnd the mome raths outgrabe.";
const text = (string: string) => toHex(new TextEncoder().encode(string));
const pad = (start: string, fill = "00") => start + fill.repeat(16 - start.length / 2);
const zero = pad("");
const ones = pad("", "ff");
const s = "36e5f6b5c5e06070f0efca96227a863e";

// name, key, message, tag
const vectors: [string, string, string, string][] = [
  [
    "2.5.2",
    "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
    text("Cryptographic Forum Research Group"),
    "a8061dc1305136c6c22b8baf0c0127a9",
  ],
  ["A.3 #1, all zero", zero + zero, zero.repeat(4), zero],
  ["A.3 #2, r = 0", zero + s, text(ietf), s],
  ["A.3 #3, s = 0", s + zero, text(ietf), "f3477e7cd95417af89a6b8794c310cf0"],
  [
    "A.3 #4",
    "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
    text(jabberwocky),
    "4541669a7eaaee61e708dc7cbcc5eb62",
  ],
  ["A.3 #5, 2^130 - 5 is nearly reached", pad("02") + zero, ones, pad("03")],
  ["A.3 #6, s carries out of 128 bits", pad("02") + ones, pad("02"), pad("03")],
  ["A.3 #7, limbs of all ones", pad("01") + zero, ones + pad("f0", "ff") + pad("11"), pad("05")],
  ["A.3 #8, exactly p", pad("01") + zero, ones + pad("fb", "fe") + pad("", "01"), zero],
  ["A.3 #9, p - 1", pad("02") + zero, pad("fd", "ff"), pad("fa", "ff")],
  [
    "A.3 #10",
    "01000000000000000400000000000000" + zero,
    pad("e33594d7505e43b9") + "33" + "94d7505e4379cd01".padEnd(30, "0") + zero + pad("01"),
    "14000000000000005500000000000000",
  ],
  [
    "A.3 #11",
    "01000000000000000400000000000000" + zero,
    pad("e33594d7505e43b9") + "33" + "94d7505e4379cd01".padEnd(30, "0") + zero,
    pad("13"),
  ],
];

describe("Poly1305", () => {
  it.each(vectors)("computes RFC 8439 %s", (_, key, message, tag) => {
    expect(toHex(poly1305(fromHex(key), fromHex(message)))).toBe(tag);
    expect(toHex(poly1305Twin(fromHex(key), fromHex(message)))).toBe(tag);
  });

  it("equals its twin and noble for random keys and messages of any length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 700 }),
        (key, message) => {
          const tag = toHex(poly1305(key, message));
          expect(tag).toBe(toHex(poly1305Twin(key, message)));
          expect(tag).toBe(toHex(noble(message, key)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("equals its twin where every limb is as large as it gets, at every length around the lanes", () => {
    const key = new Uint8Array(32).fill(0xff);
    for (let length = 0; length < 400; length++) {
      const message = new Uint8Array(length).fill(0xff);
      expect(toHex(poly1305(key, message))).toBe(toHex(poly1305Twin(key, message)));
    }
  });

  it.each([65535, 65536, 65537, 65536 + 48, 65536 + 64, 131072, 300001])(
    "equals noble for %i bytes, around the kernel's window",
    (length) => {
      const key = Uint8Array.from({ length: 32 }, (_, i) => 255 - 3 * i);
      const message = Uint8Array.from({ length }, (_, i) => (i * i) >> 5);
      expect(toHex(poly1305(key, message))).toBe(toHex(noble(message, key)));
    },
  );

  it("takes a message in parts of any length", () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
    const message = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) >> 3);
    const whole = toHex(noble(message, key));
    const mac = new Poly1305();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 140_000 }), { maxLength: 6 }), (cuts) => {
        mac.begin(key.subarray(0, 16), key.subarray(16));
        let from = 0;
        for (const cut of [...cuts, message.length].toSorted((a, b) => a - b)) {
          mac.update(message.subarray(from, cut));
          from = cut;
        }
        expect(toHex(mac.finish())).toBe(whole);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses a key of another length", () => {
    expect(() => poly1305(new Uint8Array(31), new Uint8Array(1))).toThrow(/32 bytes/);
  });
});
