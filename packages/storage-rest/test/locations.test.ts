/** Locations and options as the user writes them. */
import {
  createRestStorage,
  parseRcloneLocation,
  parseRestLocation,
  rcloneOptionsFrom,
  restOptionsFrom,
} from "@tastic/storage-rest";
import { describe, expect, it } from "vitest";

describe("a REST location", () => {
  it.each([
    ["rest:http://localhost:1234", { tls: false, host: "localhost", port: 1234, basePath: "/" }],
    ["rest:https://host/a/b", { tls: true, host: "host", port: undefined, basePath: "/a/b/" }],
    ["rest:https://[::1]:8000/r/", { host: "::1", port: 8000, basePath: "/r/" }],
    ["rest:http://host/a%20b/ü", { basePath: "/a%20b/%C3%BC/" }],
    ["rest:http+unix:///run/rest.sock:/repo/", { socketPath: "/run/rest.sock", basePath: "/repo/" }],
    ["rest:http+unix:///run/rest.sock", { socketPath: "/run/rest.sock", basePath: "/" }],
    ["rest:https+unix:///run/rest.sock:/", { tls: true, socketPath: "/run/rest.sock", basePath: "/" }],
    ["rest:https://a%40b:p%3Aw@host/", { credentials: { username: "a@b", password: "p:w" } }],
    ["rest:https://anna@host/", { credentials: { username: "anna", password: "" } }],
    ["rest:https://host/", { credentials: undefined }],
  ])("%s", (text, expected) => {
    expect(parseRestLocation(text)).toMatchObject(expected);
  });

  // What restic 0.19.1 shows for them.
  it.each([
    ["rest:http://hostname.foo:1234/", "rest:http://hostname.foo:1234/"],
    ["rest:http://user@hostname.foo:1234/", "rest:http://user@hostname.foo:1234/"],
    ["rest:http://user:password@hostname", "rest:http://user:***@hostname/"],
    ["rest:http+unix:///run/rest.sock:/repo", "rest:http+unix:///run/rest.sock:/repo/"],
  ])("%s is shown as %s", (text, shown) => {
    expect(parseRestLocation(text).shown).toBe(shown);
    expect(createRestStorage({ location: parseRestLocation(text) }).location).toBe(shown);
  });

  it.each([
    "http://host/",
    "rest:",
    "rest:host/path",
    "rest:ftp://user:secret@host/",
    "rest:http://user:secret@",
    "rest:https://user:secret@host:99999/",
    "rest:https://user:secret@host/?query",
    "rest:http+unix://",
  ])("refuses %s, without repeating a secret", (text) => {
    expect(() => parseRestLocation(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => parseRestLocation(text)).not.toThrow(/secret/);
  });

  it("gets user and connections from the settings", () => {
    const environment = { RESTIC_REST_USERNAME: "anna", RESTIC_REST_PASSWORD: "secret" };
    expect(restOptionsFrom({ environment, extended: { "rest.connections": "3", "s3.region": "x" } })).toEqual(
      {
        credentials: { username: "anna", password: "secret" },
        connections: 3,
      },
    );
    expect(restOptionsFrom({ environment: {}, extended: {} })).toEqual({});
    for (const [name, value] of [
      ["rest.connections", "0"],
      ["rest.connections", "many"],
      ["rest.x", "1"],
    ] as const) {
      expect(() => restOptionsFrom({ environment, extended: { [name]: value } })).toThrow("option rest.");
    }
  });
});

describe("an rclone location", () => {
  it("is what rclone makes of it, shown without secrets", () => {
    expect(parseRcloneLocation("rclone:b2:bucket/a")).toEqual({
      remote: "b2:bucket/a",
      shown: "rclone:b2:bucket/a",
    });
    const remote = `:sftp,host=h,pass="a,b",user=u:path`;
    expect(parseRcloneLocation(`rclone:${remote}`)).toEqual({
      remote,
      shown: "rclone::sftp,host=h,pass=***,user=u:path",
    });
    expect(() => parseRcloneLocation("rclone:")).toThrow("rclone");
  });

  it("gets its options from the settings", () => {
    const extended = {
      "rclone.program": "ssh 'a host' rclone",
      "rclone.args": "serve restic --stdio",
      "rclone.timeout": "1m30s",
      "rclone.connections": "7",
    };
    expect(rcloneOptionsFrom({ extended })).toEqual({
      program: ["ssh", "a host", "rclone"],
      args: ["serve", "restic", "--stdio"],
      timeout: 90_000,
      connections: 7,
    });
    expect(rcloneOptionsFrom({ extended: {} })).toEqual({});
    for (const bad of ["0s", "5", "soon", "1m2", "-1s"]) {
      expect(() => rcloneOptionsFrom({ extended: { "rclone.timeout": bad } })).toThrow("no duration");
    }
  });
});
