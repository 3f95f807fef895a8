/** Text within XML and HTML. */

/** What XML 1.0 cannot hold, not even as a reference, and lone surrogates, which stand for bytes that are not UTF-8. */
// oxlint-disable-next-line no-control-regex -- that is what is looked for
const UNFIT = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // White space that a parser would turn into other white space.
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** Text as it stands between tags and within quotes; what cannot stand there is U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(UNFIT, "\ufffd")
    .replace(/[&<>"'\r\n\t]/g, (c) => ESCAPES[c] ?? c);
}
