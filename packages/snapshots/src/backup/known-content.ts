/**
 * Is a file's node in the parent snapshot, as it stands there, what would be written again? Most files have not changed:
 * this reads the text as it is, without making a node of it.
 */
import { DATA } from "@tastic/repository";
import type { BlobIndex } from "@tastic/repository";

const ID_DIGITS = 64;

/**
 * Does `text` begin with `start`, which ends in the bracket that opens the content, go on with nothing but ids of blobs
 * that the index lists, and end?
 */
export function knownContent(text: string, start: string, index: BlobIndex): boolean {
  if (!text.startsWith(start)) return false;
  let at = start.length;
  if (text.startsWith("]}", at)) return text.length === at + 2;
  for (;;) {
    // "id" and what follows it
    if (text[at] !== '"' || index.findText(text, at + 1, DATA) < 0) return false;
    at += ID_DIGITS + 2;
    if (text.startsWith('"]}', at - 1)) return text.length === at + 2;
    if (!text.startsWith('",', at - 1)) return false;
    at++;
  }
}
