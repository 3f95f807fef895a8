/** `cache`: the local caches of all repositories. */
import { cacheSize, isOldCache, listCaches, MAX_CACHE_AGE_DAYS, removeCache } from "@tastic/storage";
import type { CacheInfo } from "@tastic/storage";
import { formatBytes } from "@tastic/snapshots";
import { cacheDirectory } from "../cache.js";
import { defineCommand } from "../command.js";
import { natural, on } from "../flags.js";
import { tableLines } from "../output/table.js";
import type { Column } from "../output/table.js";
import { fatal } from "../text-error.js";

const DAY = 24 * 60 * 60_000;

export const command = defineCommand({
  usage: "[flags]",
  description: "Lists the local caches, or removes those that were not used for long.",
  flags: {
    cleanup: on("remove old caches"),
    maxAge: natural("days", "how old a cache is that counts as old", MAX_CACHE_AGE_DAYS),
    noSize: on("do not show how large the caches are"),
  },
  async run(context, { flags, args }) {
    const { output, globals } = context;
    if (args.length > 0) {
      throw fatal(
        "the cache command expects no arguments, only options - please see `restic help cache` for usage and flags",
      );
    }
    if (globals.noCache) throw fatal("Refusing to do anything, the cache is disabled");
    const directory = cacheDirectory(context);
    const caches = await listCaches(directory);
    if (flags.cleanup || globals.cleanupCache) {
      const old = caches.filter((cache) => isOldCache(cache, flags.maxAge));
      if (old.length === 0) {
        output.result("no old cache dirs found");
        return;
      }
      output.result(`remove ${old.length} old cache directories`);
      for (const cache of old) await removeCache(cache);
      return;
    }
    if (caches.length === 0) {
      output.result(`no cache dirs found, basedir is ${directory}`);
      return;
    }
    const rows: Row[] = [];
    for (const cache of caches) {
      rows.push({
        cache,
        old: isOldCache(cache, flags.maxAge),
        size: flags.noSize ? 0 : await cacheSize(cache.path),
      });
    }
    const footer = [`${caches.length} cache dirs in ${directory}`];
    const shown = flags.noSize ? columns : [...columns, sizeColumn];
    for (const line of tableLines(shown, rows, { footer })) output.result(line);
  },
});

interface Row {
  readonly cache: CacheInfo;
  readonly old: boolean;
  /** Bytes. */
  readonly size: number;
}

const columns: readonly Column<Row>[] = [
  { title: "Repo ID", cell: ({ cache: { name } }) => [name.startsWith("restic") ? name : name.slice(0, 10)] },
  {
    title: "Last Used",
    cell: ({ cache }) => [`${Math.floor((Date.now() - cache.lastUsed.getTime()) / DAY)} days ago`],
  },
  { title: "Old", cell: ({ old }) => [old ? "yes" : ""] },
];

const sizeColumn: Column<Row> = { title: "Size", cell: ({ size }) => [formatBytes(size).padStart(11)] };
