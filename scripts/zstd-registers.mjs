// zstd chooses the width of its bit buffers and of its comparisons by the size of a pointer. On 32-bit WebAssembly
// that gives 32-bit registers, though the machine has 64-bit ones: a tenth of the speed of compression and a fifth of
// decompression. These replacements in zstd 1.5.7 separate the two: registers become 64 bits wide, as on any 64-bit
// machine, while whatever is about addresses stays as it is on 32-bit ones. Only the tables in memory change size; the
// format does not.

/** By file: the text, what takes its place, and how often it occurs. */
const replacements = {
  "common/mem.h": [
    ["MEM_32bits(void) { return sizeof(size_t)==4; }", "MEM_32bits(void) { return 0; }", 1],
    ["MEM_64bits(void) { return sizeof(size_t)==8; }", "MEM_64bits(void) { return 1; }", 1],
    ["MEM_STATIC size_t MEM_readLEST(", "MEM_STATIC U64 MEM_readLEST(", 2],
    ["return (size_t)MEM_readLE64(memPtr);", "return MEM_readLE64(memPtr);", 1],
    ["MEM_writeLEST(void* memPtr, size_t val)", "MEM_writeLEST(void* memPtr, U64 val)", 2],
  ],
  "common/bits.h": [["ZSTD_NbCommonBytes(size_t val)", "ZSTD_NbCommonBytes(U64 val)", 1]],
  "common/bitstream.h": [
    ["typedef size_t BitContainerType;", "typedef U64 BitContainerType;", 1],
    ["MEM_STATIC size_t BIT_readBitsFast(", "MEM_STATIC BitContainerType BIT_readBitsFast(", 1],
  ],
  "common/fse.h": [["sizeof(size_t) /* bitContainer */", "sizeof(U64) /* bitContainer */", 1]],
  "common/huf.h": [
    ["typedef size_t HUF_CElt;", "typedef U64 HUF_CElt;", 1],
    ["sizeof(size_t)", "sizeof(U64)", 2],
  ],
  "compress/huf_compress.c": [
    ["static size_t HUF_getValue", "static HUF_CElt HUF_getValue", 2],
    ["~(size_t)0xFF", "~(HUF_CElt)0xFF", 1],
    ["*elt |= value <<", "*elt |= (HUF_CElt)value <<", 1],
    ["(sizeof(size_t) * 8)", "(sizeof(HUF_CElt) * 8)", 1],
    ["size_t bitContainer[2];", "HUF_CElt bitContainer[2];", 1],
    ["size_t const bitContainer = ", "HUF_CElt const bitContainer = ", 1],
  ],
  "compress/zstd_compress_internal.h": [
    [
      "size_t const diff = MEM_readST(pMatch) ^ MEM_readST(pIn);",
      "U64 const diff = MEM_read64(pMatch) ^ MEM_read64(pIn);",
      2,
    ],
    ["sizeof(size_t)", "sizeof(U64)", 5],
    // About addresses: stays.
    ["(MEM_64bits() ? 3500U MB : 2000U MB)", "(2000U MB)", 1],
  ],
  "decompress/huf_decompress.c": [
    ["static size_t HUF_initFastDStream(", "static U64 HUF_initFastDStream(", 1],
    ["size_t const value = MEM_readLEST(ip) | 1;", "U64 const value = MEM_readLEST(ip) | 1;", 1],
    ["sizeof(size_t)", "sizeof(U64)", 6],
  ],
  "decompress/zstd_decompress_block.c": [
    // About addresses: stays.
    ["(MEM_32bits() && (size_t)(oend - op)", "(sizeof(void*) == 4 && (size_t)(oend - op)", 2],
  ],
};

/** The text of the file `name` of zstd's lib folder with its registers widened; other files come back as they are. */
export function widenRegisters(name, text) {
  let result = text;
  for (const [from, to, count] of replacements[name] ?? []) {
    const found = result.split(from).length - 1;
    if (found !== count)
      throw new Error(`${name} of zstd has ${JSON.stringify(from)} ${found} times, not ${count}`);
    result = result.replaceAll(from, to);
  }
  return result;
}
