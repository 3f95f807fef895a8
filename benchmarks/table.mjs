// Tables of text that are Markdown as well: columns padded as Prettier would.

/**
 * @param {readonly string[]} head A heading that begins with ">" is of a column aligned to the right.
 * @param {readonly (readonly string[])[]} body
 */
export function table(head, body) {
  const right = head.map((text) => text.startsWith(">"));
  const titles = head.map((text) => text.replace(/^>/, ""));
  const widths = titles.map((title, i) =>
    Math.max(3, title.length, ...body.map((cells) => (cells[i] ?? "").length)),
  );
  const line = (/** @type {readonly string[]} */ cells) => {
    const padded = widths.map((width, i) =>
      right[i] ? (cells[i] ?? "").padStart(width) : (cells[i] ?? "").padEnd(width),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, i) => (right[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(titles), line(rule), ...body.map(line)].join("\n");
}
