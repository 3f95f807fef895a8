/**
 * What can be said of a zstd frame without decompressing it (RFC 8878, section 3.1): where it ends, and how many bytes
 * can come out of it at most. Memory is only ever allocated by this, never by what a frame claims.
 */
import { TasticError } from "@tastic/errors";

export interface ZstdFrame {
  /** Where the frame ends. */
  readonly end: number;
  /** A frame of other data, that decompresses to nothing (section 3.1.2). */
  readonly skippable: boolean;
  /** Bytes of content, if the frame states it. */
  readonly contentSize: number | undefined;
  /** Bytes that a decoder must keep at hand. */
  readonly windowSize: number;
  /** The content has no more bytes than this, by the blocks that are there. */
  readonly maxContentSize: number;
}

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const MAX_BLOCK_SIZE = 128 * 1024;
/** libzstd's own default. restic's writer stays at 8 MiB and below. */
const MAX_WINDOW_SIZE = 128 * 1024 * 1024;
/** By the descriptor's Frame_Content_Size_flag. */
const CONTENT_SIZE_LENGTHS = [0, 2, 4, 8];
const DICTIONARY_ID_LENGTHS = [0, 1, 2, 4];

/** Block_Type, section 3.1.1.2.2. */
const BLOCK = { rle: 1, compressed: 2 } as const;

/**
 * Looks at the frame that begins at `start`.
 * @throws TasticError invalid-format; unsupported if it needs a dictionary; limit-exceeded for its window
 */
export function readZstdFrame(data: Uint8Array, start: number, what: string): ZstdFrame {
  const reader = new FrameReader(data, start, what);
  const magic = reader.integer(4);
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
    const end = reader.skip(reader.integer(4));
    return { end, skippable: true, contentSize: 0, windowSize: 0, maxContentSize: 0 };
  }
  if (magic !== MAGIC) throw reader.damaged("this is no zstd frame");
  const header = readHeader(reader);
  const { maxContentSize, end } = readBlocks(reader, header);
  const { contentSize, windowSize } = header;
  if (contentSize !== undefined && contentSize > maxContentSize) {
    throw reader.damaged(
      `the frame claims ${contentSize} bytes of content, and has ${maxContentSize} at most`,
    );
  }
  return { end, skippable: false, contentSize, windowSize, maxContentSize };
}

interface FrameHeader {
  readonly contentSize: number | undefined;
  readonly windowSize: number;
  readonly hasChecksum: boolean;
}

/** Section 3.1.1.1. */
function readHeader(reader: FrameReader): FrameHeader {
  const descriptor = reader.integer(1);
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) throw reader.damaged("a reserved bit of the frame is set");
  let windowSize = 0;
  if (!singleSegment) {
    const window = reader.integer(1);
    const base = 2 ** (10 + (window >> 3));
    windowSize = base + (base / 8) * (window & 7);
  }
  const dictionary = reader.integer(DICTIONARY_ID_LENGTHS[descriptor & 3] ?? 0);
  if (dictionary !== 0) throw reader.failed("unsupported", `it needs the zstd dictionary ${dictionary}`);
  const length = CONTENT_SIZE_LENGTHS[descriptor >> 6] ?? 0;
  let contentSize: number | undefined;
  if (length > 0) contentSize = reader.integer(length) + (length === 2 ? 256 : 0);
  else if (singleSegment) contentSize = reader.integer(1);
  if (singleSegment) windowSize = contentSize ?? 0;
  else if (windowSize > MAX_WINDOW_SIZE) {
    throw reader.failed("limit-exceeded", `a window of ${windowSize} bytes is too large`);
  }
  return { contentSize, windowSize, hasChecksum: (descriptor & 0x04) !== 0 };
}

/** Section 3.1.1.2: block headers say how much is in a block, exactly or at most. */
function readBlocks(reader: FrameReader, header: FrameHeader): { maxContentSize: number; end: number } {
  const maxBlockSize = Math.min(header.windowSize, MAX_BLOCK_SIZE);
  let maxContentSize = 0;
  for (let last = false; !last;) {
    const block = reader.integer(3);
    last = (block & 1) === 1;
    const type = (block >> 1) & 3;
    const size = block >> 3;
    if (type > BLOCK.compressed) throw reader.damaged("a block has the reserved type");
    if (size > MAX_BLOCK_SIZE) throw reader.damaged(`a block of ${size} bytes is too large`);
    reader.skip(type === BLOCK.rle ? 1 : size);
    maxContentSize += type === BLOCK.compressed ? maxBlockSize : size;
  }
  return { maxContentSize, end: reader.skip(header.hasChecksum ? 4 : 0) };
}

/** Little-endian integers, one after the other, never past the end. */
class FrameReader {
  readonly #data: Uint8Array;
  readonly #what: string;
  #at: number;

  constructor(data: Uint8Array, at: number, what: string) {
    this.#data = data;
    this.#at = at;
    this.#what = what;
  }

  integer(length: number): number {
    const start = this.#at;
    this.skip(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (this.#data[start + i] ?? 0);
    return value;
  }

  skip(length: number): number {
    if (length > this.#data.length - this.#at) throw this.damaged("a zstd frame is cut off");
    this.#at += length;
    return this.#at;
  }

  damaged(problem: string): TasticError {
    return this.failed("invalid-format", problem);
  }

  failed(code: "invalid-format" | "unsupported" | "limit-exceeded", problem: string): TasticError {
    return new TasticError(code, `${this.#what}: cannot be decompressed: ${problem}`);
  }
}
