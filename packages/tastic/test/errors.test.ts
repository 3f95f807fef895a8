import { TasticError } from "@tastic/errors";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../dist/exit-code.js";
import { maskLocation, shownLocation } from "../dist/location.js";
import { schemeOf } from "../dist/stores/open-storage.js";
import { Output } from "../dist/output/output.js";
import { fatal, guidanceOf, orPlain, plain, textOf, usageError } from "../dist/text-error.js";

describe("exit codes", () => {
  it.each([
    ["no-repository", 10],
    ["locked", 11],
    ["wrong-password", 12],
    ["incomplete", 3],
    ["cancelled", 130],
    ["invalid-argument", 1],
    ["damaged-repository", 1],
    ["no-password", 1],
    ["lock-lost", 1],
  ] as const)("of %s", (code, exitCode) => {
    expect(exitCodeOf(new TasticError(code, "x"))).toBe(exitCode);
  });

  it("of anything else", () => {
    expect(exitCodeOf(new Error("x"))).toBe(1);
    expect(exitCodeOf("x")).toBe(1);
  });
});

describe("the text of an error", () => {
  it("is marked as fatal, unless it is known to be the whole", async () => {
    expect(textOf(new TasticError("not-found", "x"))).toBe("Fatal: x");
    expect(textOf(new Error("x"))).toBe("Fatal: x");
    expect(textOf(fatal("x"))).toBe("Fatal: x");
    expect(textOf(plain("x"))).toBe("x");
    expect(textOf(usageError("x"))).toBe("x");
    const failed = orPlain(Promise.reject(new TasticError("not-found", "x", { guidance: "y" })));
    await expect(failed.catch(textOf)).resolves.toBe("x");
    await expect(failed.catch(guidanceOf)).resolves.toBe("y");
  });

  it("holds the advice where restic gives it", () => {
    const error = new TasticError("no-repository", "x", { guidance: "y" });
    expect(textOf(error)).toBe("Fatal: x\ny");
    expect(guidanceOf(error)).toBeUndefined();
    expect(textOf(new TasticError("locked", "x", { guidance: "y" }))).toBe("x\ny");
  });

  it("goes to standard error, as text or as JSON (difference 1)", () => {
    const say = (json: boolean): { out: string; err: string } => {
      const said = { out: "", err: "" };
      const sink = (key: "out" | "err") => ({
        write: (data: string | Uint8Array) => (said[key] += String(data)),
      });
      const output = new Output({ json, verbosity: 1, stdout: sink("out"), stderr: sink("err") });
      output.failure(new TasticError("wrong-password", "no <key>", { guidance: "Look again." }), false);
      output.flush();
      return said;
    };
    expect(say(false)).toEqual({ out: "", err: "Fatal: no <key>\nLook again.\n" });
    const json = '{"message_type":"exit_error","code":12,"message":"Fatal: no \\u003ckey\\u003e"}\n';
    expect(say(true)).toEqual({ out: "", err: json });
  });
});

describe("locations", () => {
  it.each([
    ["/srv/repo", "local"],
    ["repo", "local"],
    ["./a:b", "local"],
    ["/a:b", "local"],
    ["local:repo", "local"],
    ["local:/a:b", "local"],
    ["s3:s3.amazonaws.com/b", "s3"],
    ["rest:https://x/", "rest"],
    ["sftp:user@host:/p", "sftp"],
    ["rclone:remote:path", "rclone"],
  ])("%s is of kind %s", (location, scheme) => {
    expect(schemeOf(location)).toBe(scheme);
  });

  it("of other kinds are told apart from nonsense (difference 11)", () => {
    expect(() => schemeOf("foo:bar")).toThrow(/invalid backend/);
    for (const location of ["azure:b:/", "b2:bucket", "gs:b:/", "swift:c:/"]) {
      expect(() => schemeOf(location)).toThrow(expect.objectContaining({ code: "unsupported" }));
      expect(() => schemeOf(location)).toThrow(/is not supported/);
    }
  });

  it("never show a password", () => {
    expect(maskLocation("rest:https://user:secret@host:8000/path")).toBe(
      "rest:https://user:***@host:8000/path",
    );
    expect(maskLocation("rest:https://user@host/")).toBe("rest:https://user@host/");
    expect(maskLocation("/srv/a:b@c")).toBe("/srv/a:b@c");
    expect(maskLocation("rest:https://user:se@cret@host/p")).toBe("rest:https://user:***@host/p");
    expect(shownLocation("rest:https://user:secret@host/p")).toBe("rest:https://user:***@host/p/");
  });
});
