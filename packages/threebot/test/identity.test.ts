import { deriveCredentials, parseName, sharedCredentials } from "@tastic/threebot";
import { describe, expect, it } from "vitest";

describe("names", () => {
  it.each([
    ["alice", "alice"],
    ["  Alice ", "alice"],
    ["alice.3bot", "alice.3bot"],
    ["a-b_c.d", "a-b_c.d"],
    ["00", "00"],
  ])("%j is %j", (typed, name) => expect(parseName(typed)).toBe(name));

  it.each([
    ..."a|.alice|alice.|a..b|alice/bob|alice%2fbob|../x|data|CONFIG|metrics|älice|a b|a\u0000b|a\u202eb".split(
      "|",
    ),
    "",
    "a".repeat(51),
  ])("%j is none", (typed) => expect(() => parseName(typed)).toThrow(/no 3Bot can have the name/));

  it("does not fold at a dot", () => expect(parseName("victim.x")).not.toBe(parseName("victim")));
});

describe("credentials", () => {
  it("are the same for the same name and password, and share nothing with each other", async () => {
    const name = parseName("alice");
    const first = await deriveCredentials(name, "correct horse battery");
    expect(await deriveCredentials(name, "correct horse battery")).toEqual(first);
    expect(first.loginSecret).toMatch(/^[\w-]{43}$/);
    expect(first.repositoryPassword).toMatch(/^[\w-]{43}$/);
    expect(first.loginSecret).not.toBe(first.repositoryPassword);
  });

  it("differ for another name and another password", async () => {
    const all = await Promise.all([
      deriveCredentials(parseName("alice"), "one"),
      deriveCredentials(parseName("alice"), "two"),
      deriveCredentials(parseName("bob"), "one"),
    ]);
    const secrets = all.flatMap((each) => [each.loginSecret, each.repositoryPassword]);
    expect(new Set(secrets).size).toBe(6);
  });

  it("do not depend on how a system writes an accent", async () => {
    const name = parseName("alice");
    expect(await deriveCredentials(name, "caf\u00e9")).toEqual(await deriveCredentials(name, "cafe\u0301"));
  });

  // From Python's hashlib.scrypt and hmac.
  it("never change: backups of years ago have to open", async () => {
    expect(await deriveCredentials(parseName("alice"), "correct horse battery")).toEqual({
      loginSecret: "fufFqYTuLyKnKQwGCTD4FFNPcUDwaEYYfZvQOzZ1Kq4",
      repositoryPassword: "d54EfTeaedwZJGnpvkOt7gSiqcbuGeX__GhvJT-kjfQ",
    });
  });

  it("of old 3Bots are the password itself", () =>
    expect(sharedCredentials("p")).toEqual({ loginSecret: "p", repositoryPassword: "p" }));
});
