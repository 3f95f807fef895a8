/** Decompression with the WebAssembly module: short frames in one call, anything else in windowfuls. */
import { TasticError } from "@tastic/errors";
import { badFrame, checkProduced, outputLimit, tooLong, type DecompressOptions } from "./context.js";
import { contentSizeOf, greatestRatio } from "./frame-header.js";
import { errorCodes, type ZstdInstance } from "./instance.js";
import { PieceBuffer } from "./piece-buffer.js";
import type { SharedInstance } from "./shared-instance.js";

/** An instance that has grown beyond this many bytes, for a frame with a large window, is given up after use. */
const keptMemory = 32 << 20;

type Sink = (piece: Uint8Array) => void;

export class Decoder {
  readonly #shared: SharedInstance;

  constructor(shared: SharedInstance) {
    this.#shared = shared;
  }

  /** See `ZstdContext.inputRoom`. */
  inputRoom(length: number): Uint8Array | undefined {
    return this.#shared.use((instance) =>
      length <= instance.inputSize ? instance.input(length) : this.#shared.room(length)?.subarray(0, length),
    );
  }

  /** See `ZstdContext.decompress`. */
  decompress(frame: Uint8Array, options: DecompressOptions): Uint8Array {
    return this.#exclusively((instance) => {
      const limit = outputLimit(options);
      const declared = declaredLength(frame, limit, options.what);
      const source = sourceOf(instance, frame);
      const size = this.#inOneCall(instance, source, limit, declared);
      if (size !== undefined) {
        checkProduced(size, options);
        return instance.output(size).slice();
      }
      const result = new PieceBuffer(declared);
      this.#inPieces(instance, source.take(), options, limit, (piece) => result.add(piece));
      return result.take();
    });
  }

  /** See `ZstdContext.decompressTo`. */
  decompressTo(frame: Uint8Array, options: DecompressOptions, sink: Sink): number {
    return this.#exclusively((instance) => {
      const limit = outputLimit(options);
      const declared = declaredLength(frame, limit, options.what);
      const source = sourceOf(instance, frame);
      const size = this.#inOneCall(instance, source, limit, declared);
      if (size === undefined) return this.#inPieces(instance, source.take(), options, limit, sink);
      checkProduced(size, options);
      if (size > 0) sink(instance.output(size));
      return size;
    });
  }

  #exclusively<T>(use: (instance: ZstdInstance) => T): T {
    try {
      return this.#shared.use(use);
    } finally {
      if (this.#shared.memorySize > keptMemory) this.#shared.drop();
    }
  }

  /** Decodes in one call what fits the windows; undefined if it does not, or if that fails. */
  #inOneCall(instance: ZstdInstance, source: Source, limit: number, declared = 0): number | undefined {
    const { length } = source;
    if (length > instance.inputSize || declared > instance.outputSize) return undefined;
    source.put();
    const size = instance.functions.decompress(length, Math.min(limit, instance.outputSize));
    // Decoding it again in pieces tells apart what is damaged, what is empty and what is too long.
    return size < 0 || length === 0 ? undefined : size;
  }

  #inPieces(
    instance: ZstdInstance,
    frame: Uint8Array,
    options: DecompressOptions,
    limit: number,
    sink: Sink,
  ): number {
    const { functions, inputSize } = instance;
    let produced = 0;
    this.#expect(instance, functions.decompress_begin(), options.what);
    for (let start = 0; start < frame.length; start += inputSize) {
      const piece = frame.subarray(start, start + inputSize);
      instance.setInput(piece);
      functions.decompress_offer(piece.length);
      for (;;) {
        const size = this.#expect(instance, functions.decompress_pull(), options.what);
        if (size === 0) break;
        produced += size;
        if (produced > limit) throw tooLong(options.what, limit);
        sink(instance.output(size));
      }
    }
    if (functions.decompress_complete() === 0) throw badFrame(options.what, "it is cut short");
    checkProduced(produced, options);
    return produced;
  }

  #expect(instance: ZstdInstance, result: number, what: string): number {
    if (result >= 0) return result;
    const text = instance.errorText(result);
    if (-result === errorCodes.windowTooLarge || -result === errorCodes.memoryAllocation) {
      throw new TasticError(
        "limit-exceeded",
        `${what} needs more memory to decompress than we give: ${text}`,
        {
          guidance: "It was compressed with a window above 128 MiB; compress it again with a smaller one.",
        },
      );
    }
    throw badFrame(what, text);
  }
}

/** A frame that may lie in the input window already. As memory that grows takes views away, it is asked for again there. */
interface Source {
  readonly length: number;
  /** Sees to it that the frame is in the input window. */
  put(): void;
  /** The frame, outside of the instance's memory. */
  take(): Uint8Array;
}

function sourceOf(instance: ZstdInstance, frame: Uint8Array): Source {
  const { length } = frame;
  if (!instance.isInput(frame)) return { length, put: () => instance.setInput(frame), take: () => frame };
  return { length, put: () => undefined, take: () => instance.input(length).slice() };
}

/**
 * The content size that the first frame declares, undefined if it declares none. Refuses, before anything is allocated
 * for it, a size beyond the limit or that cannot be true.
 */
function declaredLength(frame: Uint8Array, limit: number, what: string): number | undefined {
  const length = contentSizeOf(frame);
  if (length === undefined) return undefined;
  if (length > limit) throw tooLong(what, limit);
  if (length > frame.length * greatestRatio) throw badFrame(what, "it is too short for the size it declares");
  return length;
}
