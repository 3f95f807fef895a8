/*
 * The whole of zstd and the few entry points that TypeScript calls, as one translation unit for WebAssembly.
 *
 * Data crosses through two fixed windows, `input` and `output`: the caller copies bytes into the one and reads
 * results from the other, so no pointer is passed and nothing is allocated per call. Contexts are made once and
 * reused. Data that fits a window is handled in one call, anything longer in windowfuls.
 *
 * Sizes and results are int: zero or more is a count of bytes, less than zero the negated ZSTD_ErrorCode.
 */
#define DEBUGLEVEL 0
#define XXH_NAMESPACE ZSTD_
#define XXH_PRIVATE_API
#define XXH_INLINE_ALL
#define ZSTD_LEGACY_SUPPORT 0
#define ZSTD_TRACE 0
#define ZSTD_DISABLE_ASM 1
#include "common/debug.c"
#include "common/entropy_common.c"
#include "common/error_private.c"
#include "common/fse_decompress.c"
#include "common/zstd_common.c"
#include "compress/fse_compress.c"
#include "compress/hist.c"
#include "compress/huf_compress.c"
#include "compress/zstd_compress_literals.c"
#include "compress/zstd_compress_sequences.c"
#include "compress/zstd_compress_superblock.c"
#include "compress/zstd_preSplit.c"
#include "compress/zstd_compress.c"
#include "compress/zstd_double_fast.c"
#include "compress/zstd_fast.c"
#include "compress/zstd_lazy.c"
#include "compress/zstd_ldm.c"
#include "compress/zstd_opt.c"
#include "decompress/huf_decompress.c"
#include "decompress/zstd_ddict.c"
#include "decompress/zstd_decompress.c"
#include "decompress/zstd_decompress_block.c"

#define EXPORT(name) __attribute__((export_name(#name)))

enum {
  INPUT_SIZE = 2 << 20,
  /* Room for a windowful that does not compress, and for the block that was held back before it. */
  OUTPUT_SIZE = INPUT_SIZE + (256 << 10),
  /* Longest window of a frame, as a power of two, that a stream is decoded with: zstd's own default. */
  WINDOW_LOG_LIMIT = 27
};

static unsigned char input[INPUT_SIZE];
static unsigned char output[OUTPUT_SIZE];
static ZSTD_CCtx *encoder;
static ZSTD_DCtx *decoder;
static ZSTD_inBuffer pending; /* what of `input` the decoder has still to read */
static size_t awaited;        /* what the decoder said it needs next; 0 at the end of a frame */

static int result_of(size_t result) { return ZSTD_isError(result) ? -(int)ZSTD_getErrorCode(result) : (int)result; }

EXPORT(input_start) void *input_start(void) { return input; }
EXPORT(input_size) int input_size(void) { return INPUT_SIZE; }
EXPORT(output_start) void *output_start(void) { return output; }
EXPORT(output_size) int output_size(void) { return OUTPUT_SIZE; }
EXPORT(error_text) const char *error_text(int code) { return ZSTD_getErrorString((ZSTD_ErrorCode)code); }

/* Prepares for one frame: with the size of its content, without a checksum (which zstd leaves off unless asked). */
static size_t prepare_frame(int level) {
  if (!encoder && !(encoder = ZSTD_createCCtx())) return ERROR(memory_allocation);
  ZSTD_CCtx_reset(encoder, ZSTD_reset_session_only);
  FORWARD_IF_ERROR(ZSTD_CCtx_setParameter(encoder, ZSTD_c_contentSizeFlag, 1), "");
  return ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, level);
}

/* Compresses `size` bytes of input into one frame in output. */
EXPORT(compress) int compress(int size, int level) {
  size_t const prepared = prepare_frame(level);
  if (ZSTD_isError(prepared)) return result_of(prepared);
  return result_of(ZSTD_compress2(encoder, output, OUTPUT_SIZE, input, (size_t)size));
}

/* Begins a frame of `length` bytes (a whole number), which `compress_more` is to be given in order. */
EXPORT(compress_begin) int compress_begin(double length, int level) {
  size_t const prepared = prepare_frame(level);
  if (ZSTD_isError(prepared)) return result_of(prepared);
  return result_of(ZSTD_CCtx_setPledgedSrcSize(encoder, (unsigned long long)length));
}

/* Compresses the next `size` bytes of the frame; `last` is 1 for its end. Returns how much is in output. */
EXPORT(compress_more) int compress_more(int size, int last) {
  ZSTD_inBuffer in = {input, (size_t)size, 0};
  ZSTD_outBuffer out = {output, OUTPUT_SIZE, 0};
  size_t const left = ZSTD_compressStream2(encoder, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
  if (ZSTD_isError(left)) return result_of(left);
  /* Cannot happen, see OUTPUT_SIZE; were it to, the frame must not be taken for whole. */
  if (in.pos != in.size || (last && left)) return result_of(ERROR(dstSize_tooSmall));
  return (int)out.pos;
}

/* Decompresses the frames in `size` bytes of input into at most `capacity` bytes of output. */
EXPORT(decompress) int decompress(int size, int capacity) {
  if (!decoder && !(decoder = ZSTD_createDCtx())) return result_of(ERROR(memory_allocation));
  return result_of(ZSTD_decompressDCtx(decoder, output, (size_t)capacity, input, (size_t)size));
}

/* Begins frames that come in pieces. */
EXPORT(decompress_begin) int decompress_begin(void) {
  if (!decoder && !(decoder = ZSTD_createDCtx())) return result_of(ERROR(memory_allocation));
  ZSTD_DCtx_reset(decoder, ZSTD_reset_session_only);
  pending = (ZSTD_inBuffer){input, 0, 0};
  awaited = 1;
  return result_of(ZSTD_DCtx_setParameter(decoder, ZSTD_d_windowLogMax, WINDOW_LOG_LIMIT));
}

/* Offers the `size` bytes that are in input now; call `decompress_pull` until it returns 0. */
EXPORT(decompress_offer) void decompress_offer(int size) { pending = (ZSTD_inBuffer){input, (size_t)size, 0}; }

/* Decodes up to one output windowful; 0 if more input is needed, or nothing more is to come. */
EXPORT(decompress_pull) int decompress_pull(void) {
  ZSTD_outBuffer out = {output, OUTPUT_SIZE, 0};
  do {
    if (pending.pos == pending.size && !awaited) break;
    size_t const read = pending.pos, written = out.pos;
    awaited = ZSTD_decompressStream(decoder, &out, &pending);
    if (ZSTD_isError(awaited)) return result_of(awaited);
    if (pending.pos == read && out.pos == written) break;
  } while (out.pos < out.size);
  return (int)out.pos;
}

/* 1 if the last frame is at its end. */
EXPORT(decompress_complete) int decompress_complete(void) { return awaited == 0; }
