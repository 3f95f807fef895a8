/**
 * Tables as restic prints them: columns two spaces apart, cells of one or more lines, lines of dashes around the rows.
 */

export interface Column<T> {
  readonly title: string;
  /** The lines of the cell. */
  cell(row: T): readonly string[];
}

export interface TableOptions {
  /** Lines below the second rule. */
  readonly footer?: readonly string[];
  /** An empty line between rows. */
  readonly spaced?: boolean;
}

const GAP = "  ";

/** The lines of a table. */
export function tableLines<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  options: TableOptions = {},
): string[] {
  const { footer = [], spaced = false } = options;
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map(({ title }, at) =>
    Math.max(displayWidth(title), ...cells.flatMap((row) => row[at]!.map(displayWidth))),
  );
  const line = (parts: readonly string[]): string =>
    parts
      .map((part, at) => part + " ".repeat(widths[at]! - displayWidth(part)))
      .join(GAP)
      .trimEnd();
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)));

  const lines = [line(columns.map(({ title }) => title)), rule];
  for (const [at, row] of cells.entries()) {
    if (spaced && at > 0) lines.push("");
    const height = Math.max(1, ...row.map((cell) => cell.length));
    for (let y = 0; y < height; y++) lines.push(line(row.map((cell) => cell[y] ?? "")));
  }
  return [...lines, rule, ...footer];
}

/** East Asian wide characters and emoji take two cells of a terminal, marks that combine with a letter none. */
export function displayWidth(text: string): number {
  // oxlint-disable-next-line no-control-regex -- what is not ASCII is what takes thought
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : ZERO.test(character) ? 0 : 1;
  return width;
}

const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;
const ZERO = /^\p{Mn}$/u;
