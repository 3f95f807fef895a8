/** Locations and options as the user writes them; the forms are those that restic accepts. */
import { parseSftpLocation, sftpOptionsFrom } from "@tastic/storage-sftp";
import { describe, expect, it } from "vitest";
import { sshCommand } from "../dist/connection.js";

const none = { user: undefined, port: undefined };

describe("an SFTP location", () => {
  it.each([
    ["sftp://user@host/dir/sub", { ...none, user: "user", host: "host", path: "dir/sub" }],
    ["sftp://host//dir/sub", { ...none, host: "host", path: "/dir/sub" }],
    ["sftp://user@host:10022//dir", { user: "user", host: "host", port: 10022, path: "/dir" }],
    ["sftp://user@host/dir/sub/../other", { ...none, user: "user", host: "host", path: "dir/other" }],
    ["sftp://user@host/dir///sub/", { ...none, user: "user", host: "host", path: "dir/sub" }],
    ["sftp://user@[::1]:22/dir", { user: "user", host: "::1", port: 22, path: "dir" }],
    ["sftp:user@host:/dir/sub", { ...none, user: "user", host: "host", path: "/dir/sub" }],
    ["sftp:user@domain@host:/dir", { ...none, user: "user@domain", host: "host", path: "/dir" }],
    ["sftp:host:../dir", { ...none, host: "host", path: "../dir" }],
    ["sftp:user@host:dir:suffix", { ...none, user: "user", host: "host", path: "dir:suffix" }],
  ])("%s", (text, expected) => {
    const { shown, ...location } = parseSftpLocation(text);
    expect(location).toEqual(expected);
    expect(parseSftpLocation(shown)).toEqual({ shown, ...location });
  });

  it.each([
    "sftp://host",
    "sftp://host:dir",
    "sftp://user:secret@host/dir",
    "sftp://host:99999/dir",
    "sftp:host",
    "sftp::dir",
    "sftp:host:",
    "sftp:-oProxyCommand=x:/dir",
    "sftp:-lroot@host:/dir",
  ])("refuses %s", (text) => {
    expect(() => parseSftpLocation(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => parseSftpLocation(text)).not.toThrow(/secret/);
  });

  it("leads to restic's command", () => {
    const command = (text: string, args?: string[]) => sshCommand(parseSftpLocation(text), args).join(" ");
    expect(command("sftp:host:dir")).toBe("ssh host -s sftp");
    expect(command("sftp://user@host:10022/dir", ["-i", "key"])).toBe(
      "ssh host -p 10022 -l user -i key -s sftp",
    );
    expect(command("sftp://[::1%25lo0]/dir")).toBe("ssh ::1%25lo0 -s sftp");
  });
});

it("gets its options from the settings", () => {
  expect(sftpOptionsFrom({ extended: { "sftp.args": "-i 'a key'", "sftp.connections": "3" } })).toEqual({
    args: ["-i", "a key"],
    connections: 3,
  });
  expect(sftpOptionsFrom({ extended: { "sftp.command": "ssh -x h -s sftp" } })).toEqual({
    command: ["ssh", "-x", "h", "-s", "sftp"],
  });
  expect(() => sftpOptionsFrom({ extended: { "sftp.command": "a", "sftp.args": "b" } })).toThrow("both");
  expect(() => sftpOptionsFrom({ extended: { "sftp.port": "1" } })).toThrow("option sftp.port is not known");
});
