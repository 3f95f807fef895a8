// What benchmark files contain: prose, code, machine code and data that is compressed already. The words are made
// up, but as frequent and as long as words are, so that zstd does with them what it does with real text.
import { Random } from "./random.mjs";

/** @typedef {"prose" | "code" | "binary" | "random"} Kind */

const VOCABULARY = 8192;
const LOCAL_WORDS = 64;
const SYLLABLES =
  "ba be bo ca ce co da de di do en er es fa fi ga ge ha he in is ka la le li lo ma me mi mo na ne ni no " +
  "on or pa pe po qua ra re ri ro sa se si so st ta te ti to tion tra un ur va ve vi wa we wi za";

/** Words, one after the other: word i is `bytes[starts[i], starts[i + 1])`. */
const words = makeWords();

function makeWords() {
  const random = new Random(20);
  const syllables = SYLLABLES.split(" ");
  const starts = new Uint32Array(VOCABULARY + 1);
  let text = "";
  for (let i = 0; i < VOCABULARY; i++) {
    // Frequent words are short.
    const count = 1 + random.below(i < 64 ? 2 : i < 1024 ? 3 : 4);
    for (let j = 0; j < count; j++) text += syllables[random.below(syllables.length)];
    starts[i + 1] = text.length;
  }
  return { bytes: new TextEncoder().encode(text), starts };
}

/** Zipf's law as a table: 16 random bits give a word. */
const zipf = makeZipf();

function makeZipf() {
  const weights = Array.from({ length: VOCABULARY }, (_, i) => 1 / (i + 2));
  const sum = weights.reduce((a, b) => a + b);
  const table = new Uint16Array(65536);
  let word = 0;
  let reached = weights[0];
  for (let i = 0; i < table.length; i++) {
    while (reached < ((i + 1) / table.length) * sum && word < VOCABULARY - 1) reached += weights[++word];
    table[i] = word;
  }
  return table;
}

/**
 * Fills `out` with content of a kind. The same random numbers give the same bytes.
 * @param {Uint8Array} out
 * @param {Kind} kind
 * @param {Random} random
 */
export function fillContent(out, kind, random) {
  if (kind === "prose") fillProse(out, random);
  else if (kind === "code") fillCode(out, random);
  else if (kind === "binary") fillBinary(out, random);
  else random.fillBytes(out);
}

/**
 * Copies a word to `out` at `at`; what does not fit is dropped. Returns where it ends.
 * @param {Uint8Array} out
 * @param {number} at
 * @param {number} word
 */
function putWord(out, at, word) {
  const end = words.starts[word + 1];
  for (let i = words.starts[word]; i < end; i++) out[at++] = words.bytes[i];
  return at;
}

/** @param {Uint8Array} out @param {Random} random */
function fillProse(out, random) {
  let lineEnd = 80;
  for (let at = 0; at < out.length;) {
    const bits = random.next();
    at = putWord(out, at, zipf[bits & 0xffff]);
    const pause = (bits >>> 16) & 15;
    if (pause === 0) out[at++] = 0x2e;
    else if (pause === 1) out[at++] = 0x2c;
    if (at < lineEnd) out[at++] = 0x20;
    else {
      out[at++] = 0x0a;
      lineEnd = at + 80;
    }
  }
}

const OPERATORS = [" = ", "(", ");", ", ", ".", " + ", " => ", ": ", " {", "[i]"].map((text) =>
  new TextEncoder().encode(text),
);

/** @param {Uint8Array} out @param {Random} random */
function fillCode(out, random) {
  // A file speaks of its own few things again and again, in the words of the language.
  const own = Array.from({ length: LOCAL_WORDS }, () => random.below(VOCABULARY));
  let depth = 0;
  for (let at = 0; at < out.length;) {
    depth = Math.max(0, Math.min(5, depth + random.below(3) - 1));
    for (let i = 0; i < depth * 2; i++) out[at++] = 0x20;
    const parts = 2 + random.below(4);
    for (let i = 0; i < parts; i++) {
      const bits = random.next();
      const local = ((bits >>> 16) & 3) !== 0;
      at = putWord(out, at, local ? own[(bits & 0xff) % LOCAL_WORDS] : zipf[bits & 0xffff]);
      for (const byte of OPERATORS[(bits >>> 20) % OPERATORS.length]) out[at++] = byte;
    }
    out[at++] = 0x0a;
  }
}

/** Four bytes at a time: an operation, frequent or rare, with small or large operands; now and then zeroes or a word. */
/** @param {Uint8Array} out @param {Random} random */
function fillBinary(out, random) {
  for (let at = 0; at < out.length;) {
    const bits = random.next();
    const what = bits >>> 27;
    if (what === 0) at += 16;
    else if (what < 4) at = putWord(out, at, zipf[bits & 0xffff]) + 1;
    else {
      out[at++] = zipf[bits & 0xffff] & 0x3f;
      out[at++] = (bits >>> 16) & 0x07;
      out[at++] = what < 16 ? bits >>> 8 : 0;
      out[at++] = what < 12 ? bits : 0x48;
    }
  }
}
