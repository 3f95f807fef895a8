/** Which paths name what: rest-server's own table, and ways out of a repository that others have had. */
import { expect, it } from "vitest";
import { parseRequestPath } from "../dist/http/request-path.js";

const id = "0123456789abcdef".repeat(4);

const table: Record<string, string | undefined> = {
  "/": "repository",
  "": undefined,
  foo: undefined,
  "/foo": undefined,
  "/foo/": "foo repository",
  "/foo/bar": undefined,
  "/foo/bar/": "foo/bar repository",
  "/foo/bar/baz": undefined,
  "/foo/bar/baz/": undefined,
  "/config": "object config",
  "/config/": undefined,
  "/config/config": undefined,
  "/foo/config": "foo object config",
  "/foo/bar/config": "foo/bar object config",
  "/foo/bar/baz/config": undefined,
  "/data/": "list pack",
  "/data": undefined,
  "/foo/data/": "foo list pack",
  "/foo/bar/data/": "foo/bar list pack",
  "/foo/bar/baz/data/": undefined,
  "/locks/": "list lock",
  "/keys/": "list key",
  "/snapshots/": "list snapshot",
  "/index/": "list index",
  [`/data/${id}`]: `object pack ${id}`,
  [`/foo/data/${id}`]: `foo object pack ${id}`,
  [`/foo/bar/keys/${id}`]: `foo/bar object key ${id}`,
  [`/data/${id}/`]: undefined,
  [`/data/01/${id}`]: undefined,
  [`/data/${id.toUpperCase()}`]: undefined,
  [`/data/${id}0`]: undefined,
  [`/data/${id.slice(1)}`]: undefined,
  "/data/foobar": undefined,
  // restic/rest-server#131: a reserved word is never a folder.
  "/data/config": undefined,
  "/foo/config/data/": undefined,
  "/keys/keys/": undefined,
  // restic/rest-server#117: an encoded separator does not cut a path.
  "/foo%2Fbar/": undefined,
  "/foo%2fbar/config": undefined,
  "/foo%5Cbar/": undefined,
  "/%2e%2e/": undefined,
  "/%2e%2e/config": undefined,
  "/../config": undefined,
  "/./config": undefined,
  "//config": undefined,
  "/foo//config": undefined,
  "/foo/../config": undefined,
  "/foo\\bar/": undefined,
  "/foo%00/": undefined,
  "/foo%0a/": undefined,
  "/%ff/": undefined,
  "/%zz/": undefined,
  "/%C3%A4/": "ä repository",
  // What is the server's own is nobody's repository, however it is written.
  "/.tastic/": undefined,
  "/.TASTIC/config": undefined,
  "/foo/.tastic/data/": undefined,
  "/.htpasswd/": undefined,
  "/__proto__/": "__proto__ repository",
  [`/__proto__/${id}`]: undefined,
  "/constructor/": "constructor repository",
  [`/constructor/x/toString/${id}`]: undefined,
  [`/${"a".repeat(255)}/`]: `${"a".repeat(255)} repository`,
  [`/${"a".repeat(256)}/`]: undefined,
};

it(`names what it names, ${Object.keys(table).length} paths`, () => {
  for (const [path, expected] of Object.entries(table)) {
    const found = parseRequestPath(path);
    const { kind } = found?.target ?? {};
    const target = found?.target;
    const about =
      target?.kind === "list"
        ? target.type
        : target?.kind === "object"
          ? `${target.file.type} ${target.file.name}`
          : "";
    const text = found && `${found.folders.join("/")} ${kind} ${about}`.trim();
    expect([path, text]).toEqual([path, expected]);
  }
});
