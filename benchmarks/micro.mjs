// The parts of the engine on their own: bytes or operations per second, on one thread.
// `node benchmarks/micro.mjs [PATTERN]`, after `npm run build`; or `npm run bench -- --micro`.
import { createFastCdcChunker, createRabinChunker } from "../packages/chunker/dist/index.js";
import { generateMasterKey, nodeCrypto, poly1305 } from "../packages/crypto/dist/index.js";
import {
  COMPRESSION_MODES,
  TreeEncoder,
  compressionLevel,
  decodeTree,
  formatTime,
  idFromBytes,
  parseTime,
} from "../packages/format/dist/index.js";
import { BlobIndex, Packer } from "../packages/repository/dist/index.js";
import { loadZstd } from "../packages/zstd/dist/index.js";
import { loadIndex } from "./blob-index.mjs";
import { fillContent } from "./content.mjs";
import { Random } from "./random.mjs";
import { table } from "./table.mjs";

const KIB = 1024;
const MIB = 1024 * KIB;
const SECONDS = 0.5;
const pattern = new RegExp(process.argv[2] ?? "", "i");

/** @type {string[][]} */
const body = [];
/** What came out last; kept, so that no work is found to be in vain and left out. @type {unknown} */
let sink;

/**
 * Measures work that does `amount` of `unit` at each call.
 * @param {string} name @param {number} amount @param {"MB" | "k"} unit @param {() => unknown} work
 */
function bench(name, amount, unit, work) {
  if (!pattern.test(name)) return;
  const speeds = [];
  // The first round is for the compiler.
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    let [calls, seconds] = [0, 0];
    while (seconds < SECONDS / 3) {
      sink = work();
      calls++;
      seconds = (performance.now() - start) / 1000;
    }
    if (round > 0) speeds.push((calls * amount) / seconds);
  }
  const best = Math.max(...speeds);
  body.push([name, unit === "MB" ? (best / 1e6).toFixed(0) : (best / 1e3).toFixed(0), `${unit}/s`]);
}

/** @param {number} size @param {import("./content.mjs").Kind} kind */
function content(size, kind) {
  const bytes = new Uint8Array(size);
  fillContent(bytes, kind, new Random(size));
  return bytes;
}

/** Cuts all that is in the chunker's memory. @param {import("../packages/chunker/dist/index.js").Chunker} chunker */
function cutAll(chunker) {
  let start = 0;
  while (start < chunker.buffer.length) start = chunker.nextCut(start, chunker.buffer.length);
  return start;
}

/** @param {number} i @returns {import("../packages/format/dist/index.js").Node} */
function node(i) {
  const time = formatTime(1_700_000_000_123_456_789n + BigInt(i) * 1_000_003n);
  return {
    name: `file-${String(i).padStart(5, "0")}.txt`,
    type: "file",
    mode: 0o644,
    mtime: time,
    atime: time,
    ctime: time,
    uid: 1000,
    gid: 1000,
    user: "user",
    group: "user",
    inode: BigInt(1_000_000 + i),
    deviceId: 65024n,
    size: 1000 + i,
    links: 1n,
    content: [idFromBytes(content(32, "random"))],
  };
}

for (const [name, chunker] of Object.entries({
  Rabin: createRabinChunker(0x3da3358b4dc173n),
  FastCDC: createFastCdcChunker(),
})) {
  new Random(1).fillBytes(chunker.buffer);
  bench(`chunker: ${name}`, chunker.buffer.length, "MB", () => cutAll(chunker));
}

const key = generateMasterKey(nodeCrypto);
const sealer = nodeCrypto.createSealer(key);
// By number: what counts for a small message is what it costs beside its bytes.
for (const size of [100, KIB, 4 * KIB, 8 * KIB]) {
  const label = size < KIB ? `${size} B` : `${size / KIB} KiB`;
  const plain = content(size, "random");
  const target = new Uint8Array(size + 32);
  bench(`seal and open, messages of ${label}`, 1, "k", () => {
    sealer.open(sealer.seal(plain, target), "message", plain);
  });
}

for (const size of [4 * KIB, MIB]) {
  const label = size === MIB ? "1 MiB" : "4 KiB";
  const plain = content(size, "random");
  const target = new Uint8Array(size + 32);
  const sealed = sealer.seal(plain);
  const oneTimeKey = content(32, "random");
  bench(`Poly1305, ${label}`, size, "MB", () => poly1305(oneTimeKey, plain));
  bench(`SHA-256, ${label}`, size, "MB", () => nodeCrypto.sha256(plain));
  bench(`seal, ${label}`, size, "MB", () => sealer.seal(plain, target));
  bench(`open, ${label}`, size, "MB", () => sealer.open(sealed, "message"));
}

const zstd = loadZstd();
for (const size of [4 * KIB, MIB]) {
  const label = size === MIB ? "1 MiB" : "4 KiB";
  const plain = content(size, "prose");
  const compressed = zstd.compress(plain, 3);
  for (const mode of COMPRESSION_MODES.filter((mode) => mode !== "off")) {
    const level = compressionLevel(mode);
    bench(`zstd level ${level} (${mode}), ${label}`, size, "MB", () => zstd.compress(plain, level));
  }
  const options = { uncompressedLength: size, maxLength: size, what: "content" };
  bench(`zstd decompress, ${label}`, size, "MB", () => zstd.decompress(compressed, options));
}

for (const [kind, compression] of /** @type {const} */ ([
  ["prose", "auto"],
  ["random", "off"],
])) {
  const blobs = Array.from({ length: 500 }, (_, i) => {
    const bytes = content(8 * KIB, kind);
    bytes[0] = i;
    bytes[1] = i >> 8;
    return { bytes, id: nodeCrypto.sha256(bytes) };
  });
  const settings = /** @type {const} */ ({ key, version: 2, compression, packSize: 4 * MIB, verify: true });
  bench(`pack and verify, blobs of 8 KiB (${kind}, ${compression})`, blobs.length, "k", () => {
    const packer = new Packer({ index: BlobIndex.create().shared, ...settings }, nodeCrypto, zstd);
    for (const { id, bytes } of blobs) packer.add("data", id, bytes);
    packer.flush();
    return packer.takeFinished();
  });
}

const nodes = Array.from({ length: 1000 }, (_, i) => node(i));
const encodeAll = () => {
  const encoder = new TreeEncoder();
  for (const node of nodes) encoder.add(node);
  return encoder.finish();
};
const tree = encodeAll();
bench("tree encode, nodes", nodes.length, "k", encodeAll);
bench("tree decode, nodes", nodes.length, "k", () => decodeTree(tree, "tree"));
let moment = 1_700_000_000_000_000_000n;
bench("formatTime", 1, "k", () => formatTime((moment += 1_000_003n)));
const time = formatTime(moment);
bench("parseTime", 1, "k", () => parseTime(time));

for (const millions of [1, 5, 20]) {
  const name = `index of ${millions} million blobs`;
  // The largest takes 2 GiB and some minutes, so only who asks for indexes gets it.
  if (!pattern.test(name) || (millions === 20 && process.argv[2] === undefined)) continue;
  const count = millions * 1e6;
  const { add, find, miss, bytesPerBlob } = loadIndex(count);
  for (const [what, seconds] of Object.entries({ add, find, miss })) {
    body.push([`${name}: ${what}`, (count / seconds / 1e3).toFixed(0), "k/s"]);
  }
  body.push([`${name}: memory per blob`, bytesPerBlob.toFixed(1), "bytes"]);
}

if (sink === undefined && body.length === 0) console.error(`nothing is called ${pattern}`);
console.log(`Node ${process.version}\n\n${table(["part", ">speed", "unit"], body)}`);
