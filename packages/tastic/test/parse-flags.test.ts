import { isTasticError } from "@tastic/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choice, count, integer, list, natural, on, size, text } from "../dist/flags.js";
import { parseFlags } from "../dist/parse-flags.js";

const flags = {
  all: on("", { short: "a" }),
  noLock: on(""),
  verbose: count("", { short: "v" }),
  target: text("t", "", { short: "t", variable: "TARGET" }),
  exclude: list("e", "", { short: "e", variable: "EXCLUDE" }),
  latest: integer("n", ""),
  packSize: natural("n", "", 0, { variable: "PACK_SIZE" }),
  largerThan: size("s", ""),
  mode: choice("m", "", ["one", "two"], "one", "mode", { short: "m", aliases: { zwei: "two" } }),
};

function parse(line: readonly string[], variables: Record<string, string> = {}) {
  return parseFlags(flags, line, (name) => variables[name]);
}

function messageFor(line: readonly string[], variables: Record<string, string> = {}): string {
  try {
    parse(line, variables);
  } catch (error) {
    if (isTasticError(error, "invalid-argument")) return error.message;
    throw error;
  }
  throw new Error(`${line.join(" ")} was accepted`);
}

describe("flags", () => {
  it("has values for flags that are not given", () => {
    expect(parse([])).toEqual({
      args: [],
      warnings: [],
      given: new Set(),
      values: {
        all: false,
        noLock: false,
        verbose: 0,
        target: "",
        exclude: [],
        latest: 0,
        packSize: 0,
        largerThan: undefined,
        mode: "one",
      },
    });
  });

  it.each<[string[], object, string[]?]>([
    [["-a"], { all: true }],
    [["--all"], { all: true }],
    [["--all=true"], { all: true }],
    [["--all=false"], { all: false }],
    [["--all", "--all=0"], { all: false }],
    [["-a=false"], { all: false }],
    [["--no-lock"], { noLock: true }],
    [["-v"], { verbose: 1 }],
    [["-vv"], { verbose: 2 }],
    [["-v", "x", "-v"], { verbose: 2 }, ["x"]],
    [["--verbose=2"], { verbose: 2 }],
    [["--verbose", "2"], { verbose: 1 }, ["2"]],
    [["--verbose=2", "-v"], { verbose: 3 }],
    [["-av"], { all: true, verbose: 1 }],
    [["-avt", "x"], { all: true, verbose: 1, target: "x" }],
    [["-avtx"], { all: true, verbose: 1, target: "x" }],
    [["-t=x"], { target: "x" }],
    [["-t="], { target: "=" }],
    [["-tx=y"], { target: "x=y" }],
    [["-t", "-v"], { target: "-v", verbose: 0 }],
    [["--target", "--all"], { target: "--all", all: false }],
    [["--target="], { target: "" }],
    [["--target=a=b"], { target: "a=b" }],
    [["--target", ""], { target: "" }],
    [["--target", "a", "--target", "b"], { target: "b" }],
    [["-e", "a", "--exclude=b", "-ec"], { exclude: ["a", "b", "c"] }],
    [["--latest", "-3"], { latest: -3 }],
    [["--latest=7"], { latest: 7 }],
    [["--larger-than", "5k"], { largerThan: 5120 }],
    [["-m", "two"], { mode: "two" }],
    [["-m", "zwei"], { mode: "two" }],
    [["-"], {}, ["-"]],
    [["a", "-v", "b", "--", "-v", "--", "--nonsense"], { verbose: 1 }, ["a", "b", "-v", "--", "--nonsense"]],
  ])("reads %j", (line, values, args = []) => {
    expect(parse(line)).toMatchObject({ values, args });
  });

  it.each([
    [["--nonsense"], "unknown flag: --nonsense"],
    [["--nonsense=1"], "unknown flag: --nonsense"],
    [["--alll"], "unknown flag: --alll"],
    [["-Z"], "unknown shorthand flag: 'Z' in -Z"],
    [["-vZa"], "unknown shorthand flag: 'Z' in -Za"],
    [["--target"], "flag needs an argument: --target"],
    [["-vt"], "flag needs an argument: 't' in -t"],
    [
      ["--all=maybe"],
      'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      ["--latest", "x"],
      'invalid argument "x" for "--latest" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ["--latest", ""],
      'invalid argument "" for "--latest" flag: strconv.ParseInt: parsing "": invalid syntax',
    ],
    [
      ["--latest=99999999999999999999"],
      'invalid argument "99999999999999999999" for "--latest" flag: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    [
      ["--pack-size", "-1"],
      'invalid argument "-1" for "--pack-size" flag: strconv.ParseUint: parsing "-1": invalid syntax',
    ],
    [
      ["-m", "three"],
      'invalid argument "three" for "-m, --mode" flag: invalid mode "three", must be one of (one|two)',
    ],
  ])("refuses %j", (line, message) => {
    expect(messageFor(line)).toBe(message);
  });

  it.each(["--exclud", "-xclude", "-zexclude=a"])("says what may have been meant: %s", (word) => {
    try {
      parse([word]);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ guidance: "Did you mean --exclude?" });
    }
  });

  it("takes variables where a flag is not given", () => {
    const variables = { TARGET: "there", EXCLUDE: "this", PACK_SIZE: "8" };
    expect(parse([], variables).values).toMatchObject({ target: "there", exclude: ["this"], packSize: 8 });
    const given = parse(["-t", "here", "-e", "a", "-e", "b", "--pack-size=4"], variables).values;
    expect(given).toMatchObject({ target: "here", exclude: ["a", "b"], packSize: 4 });
    expect(parse([], { TARGET: "", PACK_SIZE: "" }).values).toMatchObject({ target: "", packSize: 0 });
    expect(messageFor([], { PACK_SIZE: "x" })).toBe(
      'Fatal: invalid value for RESTIC_PACK_SIZE "x": strconv.ParseUint: parsing "x": invalid syntax',
    );
  });

  it("takes every value as it is, however it is written", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (value, args) => {
        for (const line of [["--target", value], [`--target=${value}`], ["-t", value]]) {
          expect(parse([...line, "--", ...args])).toMatchObject({ values: { target: value }, args });
        }
      }),
    );
  });

  it("never fails with anything but a message", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^-{0,3}[a-zA-Z=\-0-9]{0,6}$/)), (line) => {
        try {
          parse(line);
        } catch (error) {
          expect(isTasticError(error, "invalid-argument")).toBe(true);
        }
      }),
    );
  });
});
