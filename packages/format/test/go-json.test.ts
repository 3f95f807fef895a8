import { compactJson, jsonString } from "@tastic/format";
import fc from "fast-check";
import { expect, test } from "vitest";

test("escapes as Go does", () => {
  expect(jsonString("plain\x7f/'")).toBe('"plain\x7f/\'"');
  expect(jsonString('a"\\<&>b')).toBe('"a\\"\\\\\\u003c\\u0026\\u003eb"');
  expect(jsonString("\b\f\n\r\t\0\x1f")).toBe('"\\b\\f\\n\\r\\t\\u0000\\u001f"');
  expect(jsonString("é🙂\u2027\u2028\u2029\ufffd")).toBe('"é🙂\u2027\\u2028\\u2029\ufffd"');
  expect(jsonString("\ud800x\udc80\udcff🙂\udfff")).toBe('"\\ufffdx\\ufffd\\ufffd🙂\\ufffd"');
});

test("any well-formed text comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(JSON.parse(jsonString(text))).toBe(text);
    }),
  );
});

test("raw values lose white space outside of strings only", () => {
  expect(compactJson('{ "a" : [ 1,\n2 ], "b\\" <": " \\" & " }')).toBe(
    '{"a":[1,2],"b\\" \\u003c":" \\" \\u0026 "}',
  );
});
