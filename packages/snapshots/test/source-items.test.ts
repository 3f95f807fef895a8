import type { ExcludeRules, SourceItem } from "@tastic/snapshots";
import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { examine, pathIn } from "../dist/backup/source-items.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const file = folder.write("file", "12345");
/** What cannot be looked at, by root neither: it lies in a file. */
const hidden = { name: "hidden", path: `${file}/hidden` };
const missing = { name: "missing", path: `${folder.path}/missing` };

function rules(excluded: boolean): ExcludeRules & { readonly asked: SourceItem[] } {
  const asked: SourceItem[] = [];
  return {
    asked,
    excludes(item) {
      asked.push(item);
      return excluded;
    },
  };
}

describe("does an object of the source belong to the backup", () => {
  it("yes, if no rule excludes it", () => {
    const all = rules(false);
    const item = { name: "file", path: file };
    const stat = examine(item, all);
    expect(stat?.size).toBe(5n);
    expect(all.asked).toEqual([{ ...item, type: "file", size: 5, deviceId: stat?.dev }]);
    expect(examine(item, undefined)?.isFile()).toBe(true);
    mkdirSync(`${folder.path}/folder`, { recursive: true });
    examine({ name: "folder", path: `${folder.path}/folder` }, all);
    expect(all.asked.at(-1)?.type).toBe("dir");
  });

  it("no, if one does, unless the user named it", () => {
    expect(examine({ name: "file", path: file }, rules(true))).toBeUndefined();
    expect(examine({ name: "file", path: file, isExplicit: true }, rules(true))?.size).toBe(5n);
  });

  it("no, if it has gone; but what the user named must be there", () => {
    expect(examine(missing, rules(false))).toBeUndefined();
    expect(() => examine({ ...missing, isExplicit: true }, rules(false))).toThrow("ENOENT");
  });

  it("no, if it cannot be looked at and is excluded by its path", () => {
    expect(examine({ ...hidden, folderDevice: 5n }, rules(true))).toBeUndefined();
    expect(() => examine({ ...hidden, folderDevice: 5n }, rules(false))).toThrow("ENOTDIR");
    expect(() => examine({ ...hidden, isExplicit: true }, rules(true))).toThrow("ENOTDIR");
    // Nothing is known of its device: a rule on devices would exclude it for no reason.
    expect(() => examine(hidden, rules(true))).toThrow("ENOTDIR");
  });
});

describe("the path of an entry", () => {
  it.each([
    ["/", "a", "/a"],
    ["/a", "b", "/a/b"],
  ])("in %s", (path, name, expected) => expect(pathIn(path, name)).toBe(expected));
});
