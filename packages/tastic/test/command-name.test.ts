import { describe, expect, it } from "vitest";
import { findCommand } from "../dist/command-name.js";
import { globalFlags } from "../dist/global-flags.js";

const find = (...argv: string[]) => findCommand(argv, globalFlags, "tastic");

describe("finding the command", () => {
  it.each([
    [["snapshots"], "snapshots", []],
    [["-r", "list", "snapshots", "ls"], "snapshots", ["-r", "list", "ls"]],
    [["--repo", "list", "-v", "snapshots"], "snapshots", ["--repo", "list", "-v"]],
    [["--repo=x", "snapshots"], "snapshots", ["--repo=x"]],
    [["-vr", "x", "snapshots"], "snapshots", ["-vr", "x"]],
    [["-rx", "snapshots"], "snapshots", ["-rx"]],
    [["--json", "key", "-q", "list", "x"], "key list", ["--json", "-q", "x"]],
    [["key"], "key", []],
    [["key", "nonsense", "--json"], "key", ["--json"]],
    [["--json"], "", ["--json"]],
    [["--", "snapshots"], "", ["--", "snapshots"]],
    [[], "", []],
  ])("in %j", (argv, name, rest) => {
    expect(find(...argv)).toEqual({ name, argv: rest });
  });

  it("knows no other commands", () => {
    expect(() => find("nonsense")).toThrow(/^unknown command "nonsense" for "tastic"$/);
    expect(() => find("snapshot")).toThrow(/Did you mean this\?\n\tsnapshots\n$/);
    expect(() => find("constructor")).toThrow(/unknown command/);
  });
});
