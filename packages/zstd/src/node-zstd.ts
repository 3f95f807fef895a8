/**
 * zstd of `node:zlib`, which Node has from 22.15 on, wherever it is the faster: above 64 KiB, as each of its calls sets
 * up a context anew. It takes only what it plainly can; everything else, and every frame it objects to, goes to our own
 * zstd, so that limits, errors and frames in a row are the same on every runtime.
 */
import { checkLevel, outputLimit, type DecompressOptions, type ZstdContext } from "./context.js";
import { contentSizeOf, greatestRatio } from "./frame-header.js";
import { createWasmZstd } from "./wasm-zstd.js";

/** Below this many bytes of content our own zstd is as fast or faster (measured on Node 24). */
const worthIt = 64 << 10;
/** Above this many bytes of content `decompressTo` goes by pieces, which node:zlib cannot do synchronously. */
const wholeLimit = 8 << 20;

/** The part of node:zlib that the types of Node 20 do not have. */
interface NodeZstd {
  zstdCompressSync(data: Uint8Array, options: object): Uint8Array;
  zstdDecompressSync(
    data: Uint8Array,
    options: object,
  ): { buffer: Uint8Array; engine: { bytesWritten: number } };
  constants: { ZSTD_c_compressionLevel: number };
}

let loaded: NodeZstd | undefined;

/** node:zlib, loaded at its first use, as many a command has none for it. */
function nodeZstd(): NodeZstd {
  // The versions of Node below tell that it has zstd.
  return (loaded ??= process.getBuiltinModule("node:zlib") as unknown as NodeZstd);
}

/** The bytes in memory of their own: node:zlib may return a small part of a large buffer. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength === bytes.length ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

/** A context on `node:zlib`, or undefined if this runtime's has no zstd. */
export function createNodeZstd(): ZstdContext | undefined {
  if (process.versions["zstd"] === undefined) return undefined;
  const wasm = createWasmZstd();

  /** The content of a single frame of a size known beforehand; undefined if node:zlib could not or should not. */
  const decompressWhole = (frame: Uint8Array, options: DecompressOptions): Uint8Array | undefined => {
    const length = contentSizeOf(frame);
    if (length === undefined || length < worthIt || length > outputLimit(options)) return undefined;
    if (length !== (options.uncompressedLength ?? length) || length > frame.length * greatestRatio)
      return undefined;
    try {
      const settings = { info: true, maxOutputLength: length, chunkSize: length };
      const { buffer, engine } = nodeZstd().zstdDecompressSync(frame, settings);
      // It leaves bytes after the first frame unread, and says nothing.
      return buffer.length === length && engine.bytesWritten === frame.length ? owned(buffer) : undefined;
    } catch {
      // Our own zstd gives the verdict, in our words.
      return undefined;
    }
  };

  const compressWhole = (data: Uint8Array, level: number): Uint8Array => {
    const node = nodeZstd();
    const params = { [node.constants.ZSTD_c_compressionLevel]: level };
    return owned(node.zstdCompressSync(data, { params, pledgedSrcSize: data.length }));
  };

  return {
    compress(data, level) {
      checkLevel(level);
      return data.length < worthIt ? wasm.compress(data, level) : compressWhole(data, level);
    },
    lendCompressed(data, level) {
      checkLevel(level);
      return data.length < worthIt ? wasm.lendCompressed(data, level) : compressWhole(data, level);
    },
    inputRoom: (length) => wasm.inputRoom(length),
    decompress: (frame, options) => decompressWhole(frame, options) ?? wasm.decompress(frame, options),
    decompressTo(frame, options, sink) {
      const length = contentSizeOf(frame);
      const whole =
        length !== undefined && length <= wholeLimit ? decompressWhole(frame, options) : undefined;
      if (whole === undefined) return wasm.decompressTo(frame, options, sink);
      sink(whole);
      return whole.length;
    },
  };
}
