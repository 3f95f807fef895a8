import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenPassword, readPasswordFile, refuseEmpty } from "../dist/password.js";
import { splitShellWords } from "@tastic/storage";

const nothing = { command: "", file: "", variable: undefined, insecureNoPassword: false };

describe("the password", () => {
  let folder: string;
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tastic-password-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is nobody's guess", () => {
    expect(givenPassword(nothing)).toBeUndefined();
  });

  it("comes from a variable as it is", () => {
    expect(givenPassword({ ...nothing, variable: "  secret\n" })).toBe("  secret\n");
  });

  it("comes from a file before it comes from a variable", () => {
    const file = write("file", "  from file \r\n\n");
    expect(givenPassword({ ...nothing, file, variable: "other" })).toBe("from file");
  });

  it("comes from files of editors that mark them", () => {
    const utf16le = Buffer.from("\ufeffgrün", "utf16le");
    expect(readPasswordFile(write("le", utf16le))).toBe("grün");
    expect(readPasswordFile(write("be", Buffer.from(utf16le).swap16()))).toBe("grün");
    expect(readPasswordFile(write("utf8", "\ufeffgrün\n"))).toBe("grün");
  });

  it("comes from a command", () => {
    const command = `${process.execPath} -e 'console.log("from", "command")'`;
    expect(givenPassword({ ...nothing, command, variable: "other" })).toBe("from command");
  });

  it("is not expanded by a shell", () => {
    const command = `${process.execPath} -p process.argv[1] -- "$HOME;ls *"`;
    expect(givenPassword({ ...nothing, command })).toBe("$HOME;ls *");
  });

  it("has one source", () => {
    expect(() => givenPassword({ ...nothing, command: "x", file: "y" })).toThrow(/mutually exclusive/);
    expect(() => givenPassword({ ...nothing, variable: "x", insecureNoPassword: true })).toThrow(
      /must not be specified/,
    );
    expect(givenPassword({ ...nothing, insecureNoPassword: true })).toBe("");
  });

  it("is missed when its source fails", () => {
    expect(() => givenPassword({ ...nothing, file: join(folder, "missing") })).toThrow(
      /missing does not exist/,
    );
    expect(() => givenPassword({ ...nothing, file: folder })).toThrow(/Resolving password failed/);
    expect(() => givenPassword({ ...nothing, command: "no-such-program-anywhere" })).toThrow(
      /not found in \$PATH/,
    );
    const failing = `${process.execPath} -e "console.log('half'); process.exit(3)"`;
    expect(() => givenPassword({ ...nothing, command: failing })).toThrow(/exit status 3$/);
  });

  it("is not empty by accident", () => {
    expect(refuseEmpty("x", false)).toBe("x");
    expect(refuseEmpty("", true)).toBe("");
    expect(() => refuseEmpty("", false)).toThrow(/an empty password is not allowed/);
  });
});

describe("words of a command line", () => {
  // What restic 0.19.1 makes of them.
  it.each([
    ["a b  c", ["a", "b", "c"]],
    ["  ", []],
    [`'a b' c`, ["a b", "c"]],
    [`a"b c"d`, ["a", "b c", "d"]],
    ["a\\b", ["a", "b"]],
    [`"a\\b"`, ["a\\b"]],
    [`"a\\"b"`, [`a\\"b`]],
    [`'a\\'b'`, [`a\\'b`]],
    ["''", []],
    [`"" x`, ["x"]],
    ["a\\ b", ["a", "b"]],
    [`\\"a b\\"`, [`"a`, "b", `"`]],
    ["$HOME `x` *", ["$HOME", "`x`", "*"]],
  ])("of %s", (line, words) => {
    expect(splitShellWords(line)).toEqual(words);
  });

  it.each(["'a", '"a', `a "b'`, `"a\\\\" b`])("fails for %s", (line) => {
    expect(() => splitShellWords(line)).toThrow(/-quoted string not terminated$/);
  });
});
