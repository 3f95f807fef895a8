import {
  decodeNode,
  decodeTree,
  encodeNode,
  iterateTree,
  TreeEncoder,
  TreeTable,
  type Id,
  type Node,
} from "@tastic/format";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, fixture, ZONES } from "./helpers.js";

const encode = (nodes: readonly Node[]): Buffer => {
  const encoder = new TreeEncoder();
  for (const node of nodes) encoder.add(node);
  return Buffer.from(encoder.finish());
};
const id = <T extends Id>(digit: string): T => digit.repeat(64) as T;
const time = "2024-01-01T00:00:00Z";
const file: Node = {
  name: "a",
  type: "file",
  mode: 420,
  mtime: time,
  atime: time,
  ctime: time,
  uid: 0,
  gid: 0,
  content: [],
};
const fileJson = encodeNode(file);
const treeOf = (...nodes: string[]): Buffer => Buffer.from(`{"nodes":[${nodes.join(",")}]}\n`);

describe.each(ZONES)("a tree that restic wrote in %s", (label) => {
  const bytes = fixture(`tree-${label}.bin`);

  test("is written again byte for byte", () => {
    const nodes = decodeTree(bytes, "tree");
    expect(nodes.length).toBeGreaterThan(60);
    expect(encode(nodes).toString()).toBe(bytes.toString());
  });

  test("is read in the same way with white space and other keys in it", () => {
    const spaced = JSON.stringify(
      { before: ["}", '"'], ...(JSON.parse(bytes.toString()) as object), after: null },
      undefined,
      1,
    );
    // JSON.stringify writes what restic escaped as it is; that is the one thing lost.
    const known = (nodes: Iterable<Node>) => [...nodes].filter((node) => node.name !== "owner");
    expect(known(iterateTree(Buffer.from(spaced), "tree"))).toEqual(known(iterateTree(bytes, "tree")));
  });
});

test("what restic's tree says of its odder entries", () => {
  const nodes = new Map(decodeTree(fixture("tree-utc.bin"), "tree").map((node) => [node.name, node]));
  expect(nodes.get("link raw")?.linkTarget).toBe("bad\udcff<target>\udce9");
  expect(nodes.get("link odd")?.linkTarget).toBe('nowhere/<é>\u2028"');
  expect(nodes.get("plain hard")?.links).toBe(2n);
  expect(nodes.get("plain hard")?.inode).toBe(nodes.get("plain")?.inode);
  expect(nodes.get("blockdev")?.device).toBe(1_050_412n);
  expect(nodes.get("two chunks")?.content?.length).toBeGreaterThan(1);
  expect(
    nodes
      .get("owner")
      ?.extendedAttributes?.map(({ value }) => value.length)
      .toSorted((a, b) => a - b),
  ).toEqual([0, 1, 2, 256]);
  expect(nodes.get("owner")?.uid).toBe(4_294_967_294);
  expect(nodes.get("dir")?.subtree).toMatch(/^[0-9a-f]{64}$/);
  expect(nodes.get("mode 0")?.mode).toBe(0);
  for (const name of ["new\nline", "\udcff", "é\udcff", "\udced\udca0\udc80", "unicode 17 \u{16ea0}"])
    expect(nodes.has(name)).toBe(true);
});

test("the empty tree has restic's id", () => {
  expect(createHash("sha256").update(encode([])).digest("hex")).toBe(
    "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8",
  );
  for (const empty of ['{"nodes":[]}', '{"nodes":null}', ' { "x" : 1 , "nodes" : [ ] } ']) {
    expect(decodeTree(Buffer.from(empty), "tree")).toEqual([]);
  }
});

test("64-bit numbers keep every digit", () => {
  const node: Node = {
    ...file,
    inode: 18_446_744_073_709_551_615n,
    deviceId: 9_007_199_254_740_993n,
    links: 1n,
    device: 2n ** 63n + 1n,
    size: Number.MAX_SAFE_INTEGER,
    user: '"inode":12345678901234567890,',
  };
  expect(decodeNode(encodeNode(node), "node")).toMatchObject(node);
  expect(encodeNode(decodeNode(encodeNode(node), "node"))).toBe(encodeNode(node));
});

test("generic attributes keep their text, in the order of their names", () => {
  const attributes = {
    "windows.file_attributes": "32",
    "windows.creation_time": '{"LowDateTime":1.0,"High":18446744073709551615}',
  };
  const json = encodeNode({ ...file, genericAttributes: attributes });
  expect(json).toContain('"generic_attributes":{"windows.creation_time":{"LowDateTime":1.0,');
  const decoded = decodeNode(json, "node");
  expect(decoded.genericAttributes).toEqual(attributes);
  expect(encodeNode(decoded)).toBe(json);
});

const name = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 8 }),
    fc.constantFrom("\udcff", "a\udc80b", "<", "\\x41", '"'),
  )
  .filter((text) => text !== "." && text !== ".." && !/[/\0]/.test(text));
const uint64 = fc.bigInt(1n, 2n ** 64n - 1n);
const anyNode = fc.record(
  {
    name,
    type: fc.constantFrom("file", "dir", "symlink", "dev", "chardev", "fifo", "socket", "irregular"),
    mode: fc.integer({ min: 0, max: 0xffff_ffff }),
    mtime: fc.constantFrom(time, "0001-01-01T00:00:00Z", "2024-06-01T12:00:00.5-03:30"),
    atime: fc.constant(time),
    ctime: fc.constant(time),
    uid: fc.integer({ min: 0, max: 0xffff_ffff }),
    gid: fc.constant(0),
    user: fc.string({ unit: "binary", minLength: 1 }),
    inode: uint64,
    deviceId: uint64,
    size: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    links: uint64,
    device: uint64,
    linkTarget: name,
    extendedAttributes: fc.array(fc.record({ name: fc.string(), value: fc.uint8Array() }), {
      minLength: 1,
      maxLength: 3,
    }),
    genericAttributes: fc.dictionary(fc.string({ minLength: 1 }), fc.json(), {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    }),
    content: fc.oneof(fc.constant(null), fc.array(fc.constantFrom(id("a"), id("0")), { maxLength: 3 })),
    subtree: fc.constant(id("5")),
    error: fc.string({ minLength: 1 }),
  },
  { requiredKeys: ["name", "type", "mode", "mtime", "atime", "ctime", "uid", "gid", "content"] },
) as fc.Arbitrary<Node>;

test("any node comes back as it was", () => {
  fc.assert(
    fc.property(anyNode, (node) => {
      const json = encodeNode(node);
      expect(() => JSON.parse(json) as unknown).not.toThrow();
      const decoded = decodeNode(json, "node");
      expect(encodeNode(decoded)).toBe(json);
      const { extendedAttributes, genericAttributes, ...rest } = node;
      expect(decoded).toMatchObject(rest);
      expect(decoded.extendedAttributes?.map((a) => [a.name, [...a.value]])).toEqual(
        extendedAttributes?.map((a) => [a.name, [...a.value]]),
      );
      expect(Object.keys(decoded.genericAttributes ?? {}).toSorted()).toEqual(
        Object.keys(genericAttributes ?? {}).toSorted(),
      );
    }),
    { numRuns: 500 },
  );
});

test("a large directory is put together piece by piece", () => {
  const encoder = new TreeEncoder();
  const names = Array.from({ length: 20_000 }, (_, i) => `é${String(i).padStart(8, "0")}`);
  for (const each of names) encoder.add({ ...file, name: each });
  expect(encoder.count).toBe(names.length);
  let i = 0;
  for (const node of iterateTree(encoder.finish(), "tree"))
    if (node.name !== names[i++]) expect.fail(node.name);
  expect(i).toBe(names.length);
});

test("names must be in the order of their bytes, and only once", () => {
  for (const [first, second] of [
    ["b", "a"],
    ["a", "a"],
    ["\u{10000}", "\uffff"],
    ["\udcff", "\u{10000}"],
  ]) {
    const encoder = new TreeEncoder();
    encoder.add({ ...file, name: first ?? "" });
    expect(codeOf(() => encoder.add({ ...file, name: second ?? "" }))).toBe("invalid-argument");
    const tree = treeOf(
      encodeNode({ ...file, name: first ?? "" }),
      encodeNode({ ...file, name: second ?? "" }),
    );
    expect(codeOf(() => decodeTree(tree, "tree"))).toBe("invalid-format");
  }
  expect(codeOf(() => new TreeEncoder().add({ ...file, name: "" }))).toBe("invalid-argument");
});

test.each([
  "",
  ".",
  "..",
  "/",
  "a/b",
  "../x",
  "a\0",
  "\\x2e",
  "\\056.",
  "a\\x2fb",
  "\\u002e\\u002e",
  "\\x00",
])("a name that leads elsewhere is refused: %j", (stored) => {
  const json = fileJson.replace('"name":"a"', `"name":${JSON.stringify(stored)}`);
  expect(codeOf(() => decodeTree(treeOf(json), "tree"))).toBe("unsafe-path");
});

test("what Go replaced is written as a replacement again, and the character itself as it is", () => {
  const json = fileJson.replace('"gid":0', '"gid":0,"user":"\\ufffd\\ufffd\\\\ufffd\\\\\\ufffd\ufffd"');
  expect(encodeNode(decodeNode(json, "node"))).toBe(json);
});

test("megabytes of escapes are read and written", () => {
  const user = "\\\ud800".repeat(1 << 20);
  const value = JSON.stringify('a\\" '.repeat(1 << 20));
  const json = encodeNode({ ...file, user, genericAttributes: { value } });
  expect(encodeNode(decodeNode(json, "node")) === json).toBe(true);
});

test("lone surrogates in JSON are not taken for bytes", () => {
  const decoded = decodeNode(
    fileJson.replace('"name":"a"', '"name":"\\udcff\\ud800","linktarget":"\\udc80"'),
    "node",
  );
  expect(decoded).toMatchObject({ name: "\ufffd\ufffd", linkTarget: "\ufffd" });
});

test.each([
  ["name", "7"],
  ["name", '"\\\\q"'],
  ["type", '"folder"'],
  ["type", "null"],
  ["mode", "-1"],
  ["mode", "4294967296"],
  ["mode", "1.5"],
  ["mtime", '"yesterday"'],
  ["ctime", "5"],
  ["uid", "4294967296"],
  ["gid", '"0"'],
  ["content", "{}"],
  ["content", '["abc"]'],
  ["content", "[null]"],
  ["size", "1e300"],
  ["inode", "-1"],
  ["inode", "18446744073709551616"],
  ["inode", "123456789012345678901234567890"],
  ["inode", '{"valueOf":1,"toString":1}'],
  ["links", "1.5"],
  ["device_id", "true"],
  ["subtree", '"x"'],
  ["user", "[]"],
  ["linktarget", "1"],
  ["linktarget_raw", '"*"'],
  ["extended_attributes", "{}"],
  ["extended_attributes", "[1]"],
  ["extended_attributes", '[{"name":"a","value":"?"}]'],
  ["generic_attributes", "[]"],
])("a node with %s of %s is refused", (field, value) => {
  const object = JSON.parse(fileJson) as Record<string, unknown>;
  object[field] = "@";
  expect(codeOf(() => decodeNode(JSON.stringify(object).replace('"@"', value), "node"))).toBe(
    "invalid-format",
  );
});

test("a name without end is refused", () => {
  expect(codeOf(() => decodeNode(encodeNode({ ...file, name: "a".repeat(5000) }), "node"))).toBe(
    "limit-exceeded",
  );
  expect(codeOf(() => decodeNode(encodeNode({ ...file, name: "a".repeat(1e6) }), "node"))).toBe(
    "limit-exceeded",
  );
});

test.each([
  "",
  "[]",
  "{}",
  "null",
  '{"nodes":{}}',
  '{"nodes":[}',
  '{"nodes":[]',
  '{"nodes":[]]',
  '{"nodes":[]}x',
  '{"nodes":[],}',
  '{"nodes":[,]}',
  '{"nodes":[null]}',
  '{"nodes":[1 2]}',
  '{"nodes":nul}',
  '{"x":tru,"nodes":[]}',
  "{nodes:[]}",
  '{"nodes":[],"nodes":[]}',
  '{"nodes":[{"a}]}',
])("what is no tree is refused: %j", (text) => {
  expect(codeOf(() => decodeTree(Buffer.from(text), "tree"))).toBe("invalid-format");
});

test("a table of a tree finds what the tree holds", () => {
  const bytes = fixture("tree-utc.bin");
  const nodes = decodeTree(bytes, "tree");
  const table = new TreeTable(bytes, "tree");
  expect([...table]).toEqual(nodes);
  expect([table.length, table.memory > bytes.length]).toEqual([nodes.length, true]);
  for (const node of nodes) {
    expect(table.find(node.name)).toEqual(node);
    expect(table.find(`${node.name}\u0001`)).toBeUndefined();
  }
  expect(table.find("")).toBeUndefined();
  const empty = new TreeTable(Buffer.from('{"nodes":null}'), "tree");
  expect([empty.length, empty.find("a"), [...empty]]).toEqual([0, undefined, []]);
});

test("no table is made of a tree that is none", () => {
  expect(codeOf(() => new TreeTable(treeOf(fileJson, fileJson), "tree"))).toBe("invalid-format");
  expect(codeOf(() => new TreeTable(Buffer.from("{}"), "tree"))).toBe("invalid-format");
  expect(codeOf(() => new TreeTable(treeOf("{}"), "tree"))).toBe("invalid-format");
});
