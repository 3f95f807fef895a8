export type { Chunker, ChunkerOptions } from "./chunker.js";
export { createFastCdcChunker, type FastCdcOptions } from "./fastcdc.js";
export { isIrreducible } from "./irreducible.js";
export { formatPolynomial, parsePolynomial } from "./polynomial-text.js";
export { createRabinChunker } from "./rabin-kernel.js";
export { createRabinTwin } from "./rabin-twin.js";
export { randomPolynomial } from "./random-polynomial.js";
