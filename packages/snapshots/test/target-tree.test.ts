import { describe, expect, it } from "vitest";
import { buildTargetTree, type TargetTree } from "../dist/backup/target-tree.js";

/** Folders and what is in them. */
const FOLDERS: Record<string, readonly string[]> = {
  ".": ["a", "z"],
  "..": ["here", "other"],
  "/": ["etc", "srv"],
  a: ["b", "f"],
  "a/b": ["c", "g"],
  "/a": ["b", "f"],
  "/a/b": ["c", "g"],
};

/** The tree as text: a line for each name, with what is saved there or where its metadata is read. */
function arrange(...targets: string[]): string[] {
  const lines: string[] = [];
  const visit = (tree: TargetTree, indent: string): void => {
    for (const [name, child] of [...tree.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const what =
        child.path === undefined
          ? `(${child.metadataPath})`
          : `= ${child.path}${child.isExplicit === true ? " !" : ""}`;
      lines.push(`${indent}${name} ${what}`);
      visit(child, `${indent}  `);
    }
  };
  visit(
    buildTargetTree(targets, (path) => FOLDERS[path] ?? []),
    "",
  );
  return lines;
}

describe("arranging the targets of a backup", () => {
  it.each<[string, string[], string[]]>([
    ["a relative file", ["f"], ["f = f !"]],
    ["one in a folder", ["a/b/c"], ["a (a)", "  b (a/b)", "    c = a/b/c !"]],
    ["an absolute one", ["/a/b"], ["a (/a)", "  b = /a/b !"]],
    ["one with a slash at its end", ["a/"], ["a = a !"]],
    ["one with dots within", ["./x/../a//./b"], ["a (a)", "  b = a/b !"]],
    ["one in the folder above", ["../x/y"], ["x (../x)", "  y = ../x/y !"]],
    ["one further up", ["../../x"], ["x = ../../x !"]],
    ["this folder", ["."], ["a = a", "z = z"]],
    ["the folder above", ["../"], ["here = ../here", "other = ../other"]],
    ["the root", ["/"], ["etc = /etc", "srv = /srv"]],
    ["two in one folder", ["a/x", "a/y"], ["a (a)", "  x = a/x !", "  y = a/y !"]],
    ["the same twice", ["a", "./a/"], ["a = a !"]],
  ])("%s", (_, targets, expected) => {
    expect(arrange(...targets)).toEqual(expected);
  });

  it("numbers folders of the same name from different places", () => {
    expect(arrange("src/a", "../src/b", "/src/c", "../src/d")).toEqual([
      "src (src)",
      "  a = src/a !",
      "src-1 (../src)",
      "  b = ../src/b !",
      "  d = ../src/d !",
      "src-2 (/src)",
      "  c = /src/c !",
    ]);
  });

  it.each([
    ["outer first", ["a", "a/b/c"]],
    ["inner first", ["a/b/c", "a"]],
  ])("lists an outer target level by level down to the inner one, %s", (_, targets) => {
    expect(arrange(...targets)).toEqual([
      "a (a)",
      "  b (a/b)",
      "    c = a/b/c !",
      "    g = a/b/g",
      "  f = a/f",
    ]);
  });

  it("keeps an inner target that the outer one's listing does not have", () => {
    expect(arrange("/a", "/a/gone/x")).toEqual([
      "a (/a)",
      "  b = /a/b",
      "  f = /a/f",
      "  gone (/a/gone)",
      "    x = /a/gone/x !",
    ]);
  });

  it("refuses an empty target", () => {
    expect(() => arrange("")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
