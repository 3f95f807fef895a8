import { decodeTree, fileModeFromStat, fileModeToUnix, formatFileMode, nodeTypeOfMode } from "@tastic/format";
import { expect, test } from "vitest";
import { fixture } from "./helpers.js";

// st_mode, restic's mode, type of node, text
const cases: [number, number, string, string][] = [
  [0o100644, 420, "file", "-rw-r--r--"],
  [0o120777, 134218239, "symlink", "Lrwxrwxrwx"],
  [0o104755, 8389101, "file", "urwxr-xr-x"],
  [0o010644, 33554852, "fifo", "prw-r--r--"],
  [0o040755, 2147484141, "dir", "drwxr-xr-x"],
  [0o041777, 2148532735, "dir", "dtrwxrwxrwx"],
  [0o020660, 69206448, "chardev", "Dcrw-rw----"],
  [0o060660, 67109296, "dev", "Drw-rw----"],
  [0o140755, 16777709, "socket", "Srwxr-xr-x"],
  [0o107000, 13631488, "file", "ugt---------"],
  [0o170644, 524708, "irregular", "?rw-r--r--"],
];

test.each(cases)("st_mode %o", (unix, mode, type, text) => {
  expect(fileModeFromStat(unix)).toBe(mode);
  expect(nodeTypeOfMode(mode)).toBe(type);
  expect(formatFileMode(mode)).toBe(text);
  expect(fileModeToUnix(mode)).toBe(unix & 0o7777);
});

test("restic's own nodes have the type of their mode", () => {
  for (const node of decodeTree(fixture("tree-utc.bin"), "tree"))
    expect(nodeTypeOfMode(node.mode)).toBe(node.type);
});
