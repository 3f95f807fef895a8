/**
 * How hard to compress: restic's `--compression`. Trees, indexes and snapshots are compressed even when it is "off".
 */
import { TasticError } from "@tastic/errors";

export const COMPRESSION_MODES = ["auto", "off", "fastest", "better", "max"] as const;

/** How hard to compress, as `--compression` says it; `auto` by default. In a repository of version 1 nothing is. */
export type CompressionMode = (typeof COMPRESSION_MODES)[number];

/** zstd's levels. "off" has that of "auto", for what is compressed all the same. */
const LEVELS: Readonly<Record<CompressionMode, number>> = { auto: 3, off: 3, fastest: 1, better: 9, max: 19 };

/** The zstd level for a mode. */
export function compressionLevel(mode: CompressionMode): number {
  return LEVELS[mode];
}

/**
 * Takes text as a mode.
 * @throws TasticError invalid-argument
 */
export function parseCompressionMode(text: string): CompressionMode {
  const mode = COMPRESSION_MODES.find((candidate) => candidate === text);
  if (mode !== undefined) return mode;
  throw new TasticError("invalid-argument", `${JSON.stringify(text)} is not a way to compress`, {
    guidance: `Choose one of ${COMPRESSION_MODES.join(", ")}.`,
  });
}
