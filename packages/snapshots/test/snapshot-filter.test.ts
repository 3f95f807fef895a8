import { resolve } from "node:path";
import { expect, test } from "vitest";
import {
  createSnapshotFilter,
  describeFilter,
  isEmptyFilter,
  matchesFilter,
  parseTagList,
  withAbsolutePaths,
} from "../dist/snapshot-filter.js";
import type { SnapshotFilter } from "../dist/snapshot-filter.js";
import { snapshot } from "./stored-snapshots.js";

const all = [
  snapshot("1", { hostname: "h2", tags: ["z", "a"], paths: ["/b", "/a"] }),
  snapshot("2", { hostname: "h10", tags: undefined }),
  snapshot("3", { hostname: "h10", tags: ["x"] }),
  snapshot("4", { hostname: undefined, tags: [] }),
];
const chosen = (options: Partial<SnapshotFilter>): string =>
  all
    .filter((one) => matchesFilter(one, createSnapshotFilter(options)))
    .map(({ id }) => id[0])
    .join("");

/** As restic 0.19.1 chose. */
test.each([
  [{}, "1234"],
  [{ hosts: ["h2"] }, "1"],
  [{ hosts: ["h2", "h10"] }, "123"],
  [{ hosts: [""] }, "1234"],
  [{ hosts: ["", "h2"] }, "14"],
  [{ tags: [["a"]] }, "1"],
  [{ tags: [["a", "z"]] }, "1"],
  [{ tags: [["a", "x"]] }, ""],
  [{ tags: [["z"], ["x"]] }, "13"],
  [{ tags: [[""]] }, "24"],
  [{ tags: [["", "x"]] }, "24"],
  [{ tags: [["x", ""]] }, ""],
  [{ paths: ["/a"] }, "1234"],
  [{ paths: ["/a", "/b"] }, "1"],
  [{ paths: ["/a/"] }, ""],
  [{ paths: ["a"] }, ""],
  [{ hosts: ["h10"], tags: [["x"]], paths: ["/a"] }, "3"],
])("%j lets through %s", (options, expected) => {
  expect(chosen(options)).toBe(expected);
});

test("a list of tags is split at commas, without white space", () => {
  expect(parseTagList(" a , b\t,,c d")).toEqual(["a", "b", "", "c d"]);
  expect(parseTagList("")).toEqual([""]);
});

test("filters are described as restic does it", () => {
  const filter = createSnapshotFilter({ hosts: ["zz"], tags: [["a", "b"], ["c"]], paths: ["q"] });
  expect(describeFilter(withAbsolutePaths(filter))).toBe(
    `Paths:[${resolve("q")}] Tags:[[a, b] [c]] Hosts:[zz]`,
  );
  expect(describeFilter(createSnapshotFilter())).toBe("Paths:[] Tags:[] Hosts:[]");
});

test("a filter is empty if it lets everything through", () => {
  expect(isEmptyFilter(createSnapshotFilter({ hosts: [""] }))).toBe(true);
  expect(isEmptyFilter(createSnapshotFilter({ tags: [[""]] }))).toBe(false);
});
