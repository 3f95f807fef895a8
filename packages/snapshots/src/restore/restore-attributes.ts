/**
 * Extended attributes while restoring: those of the snapshot are set, and what was there before loses others.
 */
import { isTasticError, messageOf } from "@tastic/errors";
import type { ExtendedAttribute } from "@tastic/format";
import { NO_ATTRIBUTE_TOOL, createAttributeTool } from "../attributes/extended-attributes.js";
import type { AttributeTool } from "../attributes/extended-attributes.js";
import type { MetadataTable } from "./metadata-table.js";
import { NumberColumn } from "./number-column.js";
import type { RestoreReport } from "./restore-report.js";
import type { RestoreOptions } from "./restore-types.js";
import type { SafeFolders } from "./safe-path.js";

const BATCH = 1000;

export class AttributeRestorer {
  readonly #includes: (name: string) => boolean;
  readonly #report: RestoreReport;
  #tool: Promise<AttributeTool | undefined> | undefined;
  /** What was there before: pairs of path and metadata. */
  readonly #existing = NumberColumn.uint32();

  constructor(options: RestoreOptions, report: RestoreReport) {
    this.#includes = options.includeAttribute ?? (() => true);
    this.#report = report;
  }

  /** Those of an item that are restored. */
  wanted(attributes: readonly ExtendedAttribute[]): readonly ExtendedAttribute[] {
    return attributes.length === 0 ? attributes : attributes.filter(({ name }) => this.#includes(name));
  }

  /** Sets attributes of what is at a path. @throws TasticError those of the tool, but for what the place cannot keep */
  async set(path: string, attributes: readonly ExtendedAttribute[]): Promise<void> {
    if (attributes.length === 0) return;
    const tool = await this.#start(true);
    try {
      await tool?.write(path, attributes);
    } catch (error) {
      if (!isTasticError(error, "unsupported")) throw error;
    }
  }

  /** Remembers something that was there before. */
  noteExisting(path: number, metadata: number): void {
    this.#existing.push(path);
    this.#existing.push(metadata);
  }

  /** Removes attributes that the snapshot does not hold. What cannot be removed is told as an error. */
  async removeForeign(
    folders: SafeFolders,
    metadata: MetadataTable,
    nameOf: (path: number) => string,
  ): Promise<void> {
    if (this.#existing.length === 0) return;
    const tool = await this.#start(false);
    if (tool === undefined) return;
    for (let first = 0; first < this.#existing.length; first += 2 * BATCH) {
      const rows = new Map<string, { path: number; metadata: number }>();
      for (let i = first; i < Math.min(first + 2 * BATCH, this.#existing.length); i += 2) {
        const path = this.#existing.get(i);
        rows.set(folders.locate(path), { path, metadata: this.#existing.get(i + 1) });
      }
      for (const [location, found] of await tool.read([...rows.keys()])) {
        const row = rows.get(location);
        if (row === undefined) continue;
        const kept = new Set(metadata.get(row.metadata).attributes.map(({ name }) => name));
        const foreign = found
          .map(({ name }) => name)
          .filter((name) => !kept.has(name) && this.#includes(name));
        if (foreign.length > 0) await this.#remove(tool, location, foreign, nameOf(row.path));
      }
    }
  }

  async close(): Promise<void> {
    (await this.#tool)?.close();
  }

  async #remove(
    tool: AttributeTool,
    location: string,
    names: readonly string[],
    path: string,
  ): Promise<void> {
    try {
      await tool.remove(location, names);
    } catch (error) {
      const mayNot = process.geteuid?.() !== 0 && isTasticError(error, "access-denied");
      if (!mayNot && !isTasticError(error, "unsupported")) this.#report.error(path, messageOf(error));
    }
  }

  #start(needed: boolean): Promise<AttributeTool | undefined> {
    this.#tool ??= createAttributeTool();
    return this.#tool.then((tool) => {
      if (tool === undefined && needed && !this.#warned) {
        this.#warned = true;
        this.#report.warning(NO_ATTRIBUTE_TOOL);
      }
      return tool;
    });
  }

  #warned = false;
}
