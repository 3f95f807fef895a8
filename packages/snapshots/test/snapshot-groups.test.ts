import fc from "fast-check";
import { expect, test } from "vitest";
import {
  describeGroupKey,
  encodeGroupKey,
  formatGroupHeader,
  groupSnapshots,
  isGrouping,
  latestPerGroup,
  latestPerHostAndPaths,
  parseGroupBy,
} from "../dist/snapshot-groups.js";
import { snapshot } from "./stored-snapshots.js";

const all = [
  snapshot("1", { hostname: "h2", paths: ["/b", "/a"], tags: ["z", "a"], time: "2020-01-01T00:00:00Z" }),
  snapshot("2", { hostname: "h2", paths: ["/a", "/b"], tags: ["a", "z"], time: "2020-01-02T00:00:00Z" }),
  snapshot("3", { hostname: "h10", time: "2020-01-01T00:00:00Z" }),
  snapshot("4", { hostname: "h10", tags: ["x"], time: "2020-01-03T00:00:00Z" }),
  snapshot("5", {
    hostname: 'H"<q',
    paths: ["/ä", "/C"],
    tags: ["ta g", "x", "y"],
    time: "2020-01-02T00:00:00Z",
  }),
  snapshot("6", { hostname: "h2", time: "2020-01-05T00:00:00Z" }),
];

/** Key and ids of each group; the keys as restic 0.19.1 printed them. */
function grouped(groupBy: string): Record<string, string> {
  const groups = groupSnapshots([...all].reverse(), parseGroupBy(groupBy));
  return Object.fromEntries(
    groups.map(({ key, snapshots }) => [encodeGroupKey(key), snapshots.map(({ id }) => id[0]).join("")]),
  );
}

test("snapshots are grouped by host and paths", () => {
  expect(grouped("host,paths")).toEqual({
    '{"hostname":"H\\"\\u003cq","paths":["/C","/ä"],"tags":null}': "5",
    '{"hostname":"h10","paths":["/a"],"tags":null}': "34",
    '{"hostname":"h2","paths":["/a","/b"],"tags":null}': "12",
    '{"hostname":"h2","paths":["/a"],"tags":null}': "6",
  });
});

test("snapshots are grouped by tags, and those without form a group", () => {
  expect(grouped("tags")).toEqual({
    '{"hostname":"","paths":null,"tags":["a","z"]}': "12",
    '{"hostname":"","paths":null,"tags":["ta g","x","y"]}': "5",
    '{"hostname":"","paths":null,"tags":["x"]}': "4",
    '{"hostname":"","paths":null,"tags":null}': "36",
  });
});

test("without grouping there is one group, without snapshots none", () => {
  expect(grouped("")).toEqual({ '{"hostname":"","paths":null,"tags":null}': "132546" });
  expect(groupSnapshots([], parseGroupBy("host"))).toEqual([]);
});

test("grouping shows paths sorted, and tags if they were grouped by, and leaves its input as it was", () => {
  const [byTags] = groupSnapshots(all.slice(0, 1), parseGroupBy("tags"));
  expect(byTags?.snapshots[0]).toMatchObject({ paths: ["/a", "/b"], tags: ["a", "z"] });
  const [byHost] = groupSnapshots(all.slice(0, 1), parseGroupBy("host"));
  expect(byHost?.snapshots[0]).toMatchObject({ paths: ["/a", "/b"], tags: ["z", "a"] });
  expect(all[0]).toMatchObject({ paths: ["/b", "/a"], tags: ["z", "a"] });
});

test("no snapshot is lost or doubled, and groups come in the same order whatever that of the input (difference 3)", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(all),
      fc.constantFrom("host", "paths", "host,paths,tags", ""),
      (some, text) => {
        const groups = groupSnapshots(some, parseGroupBy(text));
        expect(groups.flatMap(({ snapshots }) => snapshots.map(({ id }) => id)).sort()).toEqual(
          some.map(({ id }) => id).sort(),
        );
        expect(groups).toEqual(groupSnapshots([...some].reverse(), parseGroupBy(text)));
      },
    ),
  );
});

test.each([
  ["", { host: false, paths: false, tags: false }],
  [",", { host: false, paths: false, tags: false }],
  ["host", { host: true, paths: false, tags: false }],
  ["hosts,tag", { host: true, paths: false, tags: true }],
  ["host,,path", { host: true, paths: true, tags: false }],
  ["tags,paths,tags", { host: false, paths: true, tags: true }],
])("%j is read as grouping", (text, expected) => {
  expect(parseGroupBy(text)).toEqual(expected);
  expect(isGrouping(parseGroupBy(text))).toBe(/[a-z]/.test(text));
});

test.each([
  ["x", 'unknown grouping option: "x"'],
  ["Host", 'unknown grouping option: "Host"'],
  ["host, paths", 'unknown grouping option: " paths"'],
])("%j is refused as grouping", (text, message) => {
  expect(() => parseGroupBy(text)).toThrow(message);
});

test("groups are named in restic's words", () => {
  const key = { hostname: "h2", paths: ["/a", "/b"], tags: ["a", "z"] };
  expect(describeGroupKey(key)).toBe("host h2, path [/a /b], tags [a z]");
  expect(formatGroupHeader(key)).toBe("snapshots for (host [h2], tags [a, z], paths [/a, /b]):");
  const none = { hostname: "", paths: null, tags: null };
  expect(describeGroupKey(none)).toBe("");
  expect(formatGroupHeader(none)).toBeUndefined();
});

test("the latest are counted for each group", () => {
  const groups = groupSnapshots(all, parseGroupBy("host"));
  const ids = (count: number): string[] =>
    latestPerGroup(groups, count).map(({ snapshots }) => snapshots.map(({ id }) => id[0]).join(""));
  expect(ids(1)).toEqual(["5", "4", "6"]);
  expect(ids(2)).toEqual(["5", "34", "26"]);
  expect(ids(0)).toEqual(["5", "34", "126"]);
});

test("without grouping, the latest are counted for each host and paths", () => {
  const ids = (count: number): string =>
    latestPerHostAndPaths(all, count)
      .map(({ id }) => id[0])
      .join("");
  expect(ids(1)).toBe("2546");
  expect(ids(2)).toBe("132546");
  expect(ids(-1)).toBe("132546");
});
