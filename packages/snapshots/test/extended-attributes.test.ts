import { isTasticError } from "@tastic/errors";
import type { ExtendedAttribute } from "@tastic/format";
import fc from "fast-check";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createAttributeTool } from "../dist/attributes/extended-attributes.js";
import { createGetfattrTool, parseGetfattr } from "../dist/attributes/getfattr-tool.js";
import { decodeAnswer, encodeRequest } from "../dist/attributes/perl-protocol.js";
import { createPerlTool } from "../dist/attributes/perl-tool.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const byName = (attributes: readonly ExtendedAttribute[] = []): ExtendedAttribute[] =>
  [...attributes].sort((a, b) => (a.name < b.name ? -1 : 1));

const tools = [
  {
    program: "perl",
    tool: process.platform === "linux" ? await createPerlTool() : undefined,
    keepsOrder: true,
  },
  {
    program: "getfattr",
    tool: process.platform === "linux" ? await createGetfattrTool() : undefined,
    keepsOrder: false,
  },
];
afterAll(() => tools.forEach(({ tool }) => tool?.close()));

/** Does the file system of temporary files have them? */
const isSupported = await (async () => {
  const attributes = [{ name: "user.tastic", value: bytes("x") }];
  const probe = tools.find(({ tool }) => tool !== undefined)?.tool;
  return (
    probe?.write(folder.write("probe"), attributes).then(
      () => true,
      () => false,
    ) ?? false
  );
})();

describe.each(tools.filter(({ tool }) => tool !== undefined && isSupported))(
  "with $program",
  ({ program, tool }) => {
    if (tool === undefined) return;
    const file = (name: string): string => folder.write(`${program}/${name}`);

    test("any names and values survive", async () => {
      const path = file("values");
      const attributes = [
        { name: "user.zeta", value: bytes("plain") },
        { name: "user.alpha", value: bytes("") },
        { name: "user.sp ace=ü\\n", value: bytes("\0\xff\n\r=\\") },
        { name: "user.x\ny\udcff", value: bytes("a".repeat(900)) },
      ];
      await tool.write(path, attributes);
      const found = await tool.read([path]);
      expect([...found.keys()]).toEqual([path]);
      expect(byName(found.get(path))).toEqual(byName(attributes));
    });

    test("any file names will do", async () => {
      const names = ["n\nl", "-dash", "# file: x", "back\\slash\\012", "sp ace", "ünï", "=", "cr\r"];
      const paths = names.map(file);
      for (const path of paths) await tool.write(path, [{ name: "user.k", value: Buffer.from(path) }]);
      const found = await tool.read(paths);
      expect(
        [...found].map(([path, [attribute]]) => [path, Buffer.from(attribute?.value ?? []).toString()]),
      ).toEqual(paths.map((path) => [path, path]));
    });

    test("files without attributes are not in the answer, file systems without them have none", async () => {
      const failures: unknown[] = [];
      const found = await tool.read([file("none"), "/proc/self/stat"], (...failure) =>
        failures.push(failure),
      );
      expect(found.size).toBe(0);
      expect(failures).toEqual([]);
      expect((await tool.read([])).size).toBe(0);
    });

    test("a file that is not there is reported, and the others are read", async () => {
      const path = file("there");
      await tool.write(path, [{ name: "user.k", value: bytes("v") }]);
      const failures: unknown[] = [];
      const found = await tool.read(["/none/such", path], (...failure) => failures.push(failure));
      expect([...found.keys()]).toEqual([path]);
      expect(failures).toEqual([["/none/such", "ENOENT"]]);
    });

    test("links are not followed", async () => {
      await tool.write(file("target"), [{ name: "user.k", value: bytes("v") }]);
      const link = join(folder.path, program, "link");
      symlinkSync("target", link);
      expect((await tool.read([link])).size).toBe(0);
      await expect(tool.write(link, [{ name: "user.k", value: bytes("v") }])).rejects.toThrow(
        /extended attribute/,
      );
    });

    test("attributes are replaced and removed, and those that are not there count as removed", async () => {
      const path = file("removed");
      await tool.write(path, [
        { name: "user.a", value: bytes("1") },
        { name: "user.b", value: bytes("2") },
      ]);
      await tool.write(path, [{ name: "user.b", value: bytes("3") }]);
      await tool.remove(path, ["user.a", "user.none"]);
      expect((await tool.read([path])).get(path)).toEqual([{ name: "user.b", value: bytes("3") }]);
    });

    test("what cannot be set is refused with the path and the attribute", async () => {
      const path = file("refused");
      const attempt = async (at: string, name: string): Promise<unknown> =>
        tool.write(at, [{ name, value: bytes("") }]).catch((error: unknown) => error);
      const unsupported = await attempt(path, "bogus.x");
      expect(isTasticError(unsupported, "unsupported")).toBe(true);
      expect((unsupported as Error).message).toContain(`"bogus.x" of ${path}`);
      expect(isTasticError(await attempt("/none/such", "user.x"), "not-found")).toBe(true);
    });

    test("many files are read at once", async () => {
      const paths = Array.from({ length: 3000 }, (_, index) => file(`many/${index}`));
      const marked = paths.filter((_, index) => index % 1000 === 7);
      for (const path of marked) await tool.write(path, [{ name: "user.k", value: bytes("v") }]);
      const answers = await Promise.all([tool.read(paths), tool.read(paths.slice(0, 10)), tool.read(paths)]);
      expect(answers.map((found) => [...found.keys()])).toEqual([marked, marked.slice(0, 1), marked]);
    });
  },
);

test.skipIf(tools[0]?.tool === undefined || !isSupported)(
  "a tool that was closed refuses to work",
  async () => {
    const tool = await createPerlTool();
    tool?.close();
    await expect(tool?.read([folder.path])).rejects.toThrow(/ended/);
  },
);

test("programs that are not there, or cannot serve, are no tools", async () => {
  expect(await createPerlTool("/none/such/perl")).toBeUndefined();
  expect(await createPerlTool("false")).toBeUndefined();
});

test.skipIf(process.platform !== "linux")("the best tool there is, is chosen", async () => {
  const tool = await createAttributeTool();
  expect(tool === undefined).toBe(tools.every((one) => one.tool === undefined));
  tool?.close();
});

test("what getfattr writes is read, escapes and all", () => {
  const output =
    "# file: /t/g\nuser.a=0x00ff\nuser.sp ace\\075\u00c3\u00bc\\134n=0x71\nuser.x\\012y=0x\nuser.none\n\n" +
    "# file: /t/n\\012l\\134\u00ff\nuser.k=0x6b\n\n";
  expect([...parseGetfattr(output)]).toEqual([
    [
      "/t/g",
      [
        { name: "user.a", value: bytes("\0\xff") },
        { name: "user.sp ace=ü\\n", value: bytes("q") },
        { name: "user.x\ny", value: bytes("") },
        { name: "user.none", value: bytes("") },
      ],
    ],
    ["/t/n\nl\\\udcff", [{ name: "user.k", value: bytes("k") }]],
  ]);
  expect(parseGetfattr("").size).toBe(0);
});

test("an answer of perl's is taken only when all of it is there", () => {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
  };
  const attribute = fc.record({ name: fc.string({ unit: "binary", minLength: 1 }), value: fc.uint8Array() });
  const foundAt = fc.record({
    index: fc.nat(1000),
    found: fc.oneof(fc.array(attribute, { maxLength: 4 }), fc.integer({ min: -200, max: -1 })),
  });
  fc.assert(
    fc.property(fc.array(foundAt, { maxLength: 4 }), fc.uint8Array({ maxLength: 5 }), (answer, rest) => {
      const parts = answer.flatMap(({ index, found }) =>
        typeof found === "number"
          ? [number(index), number(found)]
          : [
              number(index),
              number(found.length),
              // Requests have strings in the same form as answers.
              encodeRequest("r", ...found.flatMap(({ name, value }) => [Buffer.from(name), value])).subarray(
                1,
              ),
            ],
      );
      const whole = Buffer.concat([number(answer.length), ...parts]);
      for (let length = 0; length < whole.length; length++) {
        expect(decodeAnswer(whole.subarray(0, length), true)).toBeUndefined();
      }
      expect(decodeAnswer(Buffer.concat([whole, rest]), true)).toEqual({ answer, length: whole.length });
    }),
    { numRuns: 200 },
  );
  expect(decodeAnswer(number(-13), false)).toEqual({ answer: -13, length: 4 });
  expect(decodeAnswer(number(0).subarray(1), false)).toBeUndefined();
});
