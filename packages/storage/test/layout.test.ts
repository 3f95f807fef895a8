import { isObjectName, pathOf, describeFile } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { repositoryFolders } from "../dist/layout.js";

const name = `3f${"0a".repeat(31)}`;

describe("the layout of a repository", () => {
  it("is restic's", () => {
    expect(pathOf({ type: "config", name: "" })).toBe("config");
    expect(pathOf({ type: "key", name })).toBe(`keys/${name}`);
    expect(pathOf({ type: "lock", name })).toBe(`locks/${name}`);
    expect(pathOf({ type: "snapshot", name })).toBe(`snapshots/${name}`);
    expect(pathOf({ type: "index", name })).toBe(`index/${name}`);
    expect(pathOf({ type: "pack", name })).toBe(`data/3f/${name}`);
  });

  it("has 261 folders, parents first", () => {
    const folders = repositoryFolders();
    expect(new Set(folders).size).toBe(261);
    expect(folders.indexOf("data")).toBeLessThan(folders.indexOf("data/00"));
    expect(folders.at(-1)).toBe("data/ff");
  });

  it("tells names of objects from others", () => {
    expect(isObjectName(name)).toBe(true);
    for (const other of ["", "tmp12345", name.toUpperCase(), `${name}-tmp-1`, `${name}\n`, name.slice(1)]) {
      expect(isObjectName(other), other).toBe(false);
    }
  });

  it("shortens names for people", () => {
    expect(describeFile({ type: "pack", name })).toBe("pack 3f0a0a0a…");
    expect(describeFile({ type: "config", name: "" })).toBe("config");
  });
});
