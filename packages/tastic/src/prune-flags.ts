/**
 * The flags that say how much `prune` does, which `forget --prune` takes, too; errors in restic's words.
 */
import type { PruneLimits, UnusedLimit } from "@tastic/repository";
import type { Context } from "./command.js";
import { on, text } from "./flags.js";
import type { FlagValues } from "./flags.js";
import { readSize } from "./read-size.js";
import { fatal, plain } from "./text-error.js";

export const pruneFlags = {
  maxRepackSize: text("size", "write no more than this much anew"),
  maxUnused: text(
    "limit",
    "tolerate so much unused data: bytes with or without k, M, G or T, a percentage, or 'unlimited'",
    { initial: "5%" },
  ),
  repackCacheableOnly: on("leave packs with data of files alone"),
  // What small packs needed once.
  repackSmall: on("write small packs anew", {
    deprecated: "small files are automatically repacked. Use --repack-smaller-than to specify a minimum size",
  }),
  repackSmallerThan: text("limit", "write packs anew that are smaller than this"),
  repackUncompressed: on("write all packs anew that are not compressed"),
};

/** @throws TasticError invalid-argument */
export function readPruneLimits(flags: FlagValues<typeof pruneFlags>, { globals }: Context): PruneLimits {
  const { maxRepackSize, repackCacheableOnly, repackUncompressed } = flags;
  const maxRepackBytes = maxRepackSize === "" ? undefined : readSize(maxRepackSize, plain);
  const repackSmallerThan = readSmallerThan(flags.repackSmallerThan);
  const maxUnused = readMaxUnused(flags.maxUnused);
  if (repackUncompressed && globals.compression === "off")
    throw fatal("disabled compression and `--repack-uncompressed` are mutually exclusive");
  return {
    maxUnused,
    ...(maxRepackBytes === undefined ? {} : { maxRepackBytes }),
    ...(repackSmallerThan === undefined ? {} : { repackSmallerThan }),
    repackCacheableOnly,
    repackUncompressed,
  };
}

function readSmallerThan(given: string): number | undefined {
  if (given === "") return undefined;
  const bytes = readSize(given, (why) =>
    fatal(`invalid number of bytes "${given}" for --repack-smaller-than: ${why}`),
  );
  if (bytes === 0) throw fatal("--repack-smaller-than must be larger than zero");
  return bytes;
}

function readMaxUnused(given: string): UnusedLimit {
  const limit = given.trim();
  if (limit === "") throw fatal(`invalid value for --max-unused: ${JSON.stringify(given)}`);
  if (limit === "unlimited") return { kind: "unlimited" };
  if (!limit.endsWith("%")) {
    const bytes = readSize(limit, (why) =>
      fatal(`invalid number of bytes ${JSON.stringify(given)} for --max-unused: ${why}`),
    );
    return { kind: "bytes", bytes };
  }
  const number = limit.slice(0, -1);
  const percentage = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number) ? Number(number) : Number.NaN;
  if (Number.isNaN(percentage)) {
    const why = `strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`;
    throw fatal(`invalid percentage ${JSON.stringify(given)} passed for --max-unused: ${why}`);
  }
  if (percentage < 0) throw fatal("percentage for --max-unused must be positive");
  if (percentage >= 100) throw fatal("percentage for --max-unused must be below 100%");
  return { kind: "percentage", percentage };
}
