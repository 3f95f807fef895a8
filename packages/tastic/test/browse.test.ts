/** What `serve webdav` and `serve http` make of names, times and requests, without a server. */
import { TasticError } from "@tastic/errors";
import { decodeName, encodeName } from "@tastic/format";
import { createTextLog, listen } from "@tastic/rest-server";
import type { SnapshotBrowser } from "@tastic/snapshots";
import fc from "fast-check";
import sax from "sax";
import { describe, expect, it, onTestFinished } from "vitest";
import { disposition, httpDate } from "../dist/browse/content.js";
import { isLoopback } from "../dist/loopback.js";
import { BrowseHandler } from "../dist/browse/handler.js";
import { escapeMarkup } from "../dist/browse/markup.js";
import { typeOf } from "../dist/browse/media-types.js";
import { parsePropfind } from "../dist/browse/propfind-request.js";
import { parseTarget, pathTo } from "../dist/browse/target.js";

/** Any name that a file may have: bytes without slash and zero. */
const names = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => decodeName(bytes).replace(/[/\0]/g, "x"))
  .filter((name) => name !== "." && name !== "..");

describe("paths of URLs", () => {
  it("lead to every name and back", () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 4 }), fc.boolean(), (path, isFolder) => {
        const url = pathTo(path, isFolder);
        expect(url).toMatch(/^[A-Za-z0-9._~%/-]*$/);
        const target = parseTarget(url);
        expect(target?.names.map(encodeName)).toEqual(path.map(encodeName));
        expect(target?.slash).toBe(isFolder);
      }),
    );
  });

  it("name nothing outside", () => {
    for (const url of ["/a/../b", "/%2e%2E/b", "/.", "/a%2fb", "/a%00", "/a%", "/a%4", "/a%zz", "/a/%2e"]) {
      expect(parseTarget(url), url).toBeUndefined();
    }
    expect(parseTarget("http://host:1/a//b/?archive=zip")).toMatchObject({ names: ["a", "b"], slash: true });
    expect(parseTarget("//evil/a")?.names).toEqual(["evil", "a"]);
    expect(parseTarget("*")?.names).toEqual(["*"]);
  });
});

it("text stands in XML as text, whatever is in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const found = { text: "", attribute: "" };
      const parser = sax.parser(true, { trim: false });
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this parser has no other way
      parser.onerror = (error) => {
        throw error;
      };
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- likewise
      parser.ontext = (given) => (found.text += given);
      parser.onattribute = ({ value }) => (found.attribute = value);
      const escaped = escapeMarkup(text);
      parser.write(`<a b="${escaped}">${escaped}</a>`).close();
      // oxlint-disable-next-line no-control-regex -- that is what is looked for
      const kept = text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
      expect(found).toEqual({ text: kept, attribute: kept });
    }),
  );
});

describe("the body of a PROPFIND", () => {
  it("says what is wanted", () => {
    expect(parsePropfind("")).toEqual({ kind: "all" });
    expect(parsePropfind('<?xml version="1.0"?><propfind xmlns="DAV:"><allprop/></propfind>')).toEqual({
      kind: "all",
    });
    expect(parsePropfind('<A:propfind xmlns:A="DAV:"><A:propname/></A:propfind>')).toEqual({ kind: "names" });
    expect(
      parsePropfind(
        '<D:propfind xmlns:D="DAV:" xmlns:x="urn:x"><D:prop><D:getetag/><x:a><D:b/></x:a><n xmlns=""/></D:prop></D:propfind>',
      ),
    ).toEqual({
      kind: "some",
      properties: [
        { space: "DAV:", name: "getetag" },
        { space: "urn:x", name: "a" },
        { space: "", name: "n" },
      ],
    });
  });

  it.each([
    ["no XML", "hello"],
    ["another document", '<a xmlns="DAV:"><allprop/></a>'],
    ["another name space", '<propfind xmlns="urn:x"><allprop/></propfind>'],
    ["nothing asked for", '<propfind xmlns="DAV:"/>'],
    ["a name space that is not declared", "<D:propfind><D:allprop/></D:propfind>"],
    ["not closed", '<propfind xmlns="DAV:"><allprop/>'],
    [
      "entities",
      '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>',
    ],
    [
      "a file of the server",
      '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop>&a;</prop></propfind>',
    ],
    ["an entity of HTML", '<propfind xmlns="DAV:"><prop>&nbsp;<a/></prop></propfind>'],
    ["too many", `<propfind xmlns="DAV:"><prop>${"<a/>".repeat(257)}</prop></propfind>`],
  ])("is refused: %s", (_, text) => {
    expect(() => parsePropfind(text)).toThrow(/the body of the PROPFIND is not valid/);
  });
});

it("headers take any name and time", () => {
  expect(disposition(true, 'a "b"\r\n.txt')).toBe(
    `attachment; filename="a _b___.txt"; filename*=UTF-8''a%20%22b%22%0D%0A.txt`,
  );
  expect(disposition(false, "é\udcff'(")).toBe(
    `inline; filename="___("; filename*=UTF-8''%C3%A9%EF%BF%BD%27%28`,
  );
  fc.assert(
    fc.property(names, (name) => {
      expect(disposition(true, name)).toMatch(/^[ -~]*$/);
    }),
  );
  expect(httpDate("1965-07-08T09:10:11.9+02:00")).toBe("Thu, 08 Jul 1965 07:10:11 GMT");
  expect(httpDate("0000-01-01T00:00:00Z")).toBe("Mon, 01 Jan 0001 00:00:00 GMT");
  expect(httpDate("9999-12-31T23:59:59-12:00")).toBe("Fri, 31 Dec 9999 23:59:59 GMT");
});

it("nothing that could run something is shown", () => {
  for (const name of [
    "a.html",
    "a.svg",
    "a.xml",
    "a.xhtml",
    "a.pdf",
    "a",
    "html",
    ".js",
    "a.js",
    "constructor",
    "a.constructor",
  ]) {
    expect(typeOf(name)).toEqual({ type: "application/octet-stream", shown: false });
  }
  expect(typeOf("Film.MP4")).toEqual({ type: "video/mp4", shown: true });
});

it("only addresses of this machine are", () => {
  for (const address of ["127.0.0.1:1", "127.1.2.3:0", "[::1]:80", "localhost:1", "unix:/run/x"])
    expect(isLoopback(address), address).toBe(true);
  for (const address of [
    ":80",
    "0.0.0.0:1",
    "[::]:80",
    "10.0.0.1:1",
    "127.0.0.1.evil:1",
    "localhost.evil:1",
    "[::1].x:1",
    "[::ffff:1.2.3.4]:1",
  ])
    expect(isLoopback(address), address).toBe(false);
});

it("what the store does not have is a failure of ours, not a file that is not there", async () => {
  const lost = new TasticError("not-found", "the pack is gone (HTTP status 404)", { data: { status: 404 } });
  const told: string[] = [];
  const handler = new BrowseHandler({
    browser: { find: () => Promise.reject(lost) } as unknown as SnapshotBrowser,
    access: { check: () => Promise.resolve(), close: () => Promise.resolve() },
    webdav: false,
    log: createTextLog((line) => told.push(line)),
  });
  const listening = await listen(handler.handle, { address: "127.0.0.1:0" });
  onTestFinished(() => listening.close(0));
  const answer = await fetch(`http://${listening.address}/ids/`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("pack");
  expect(told.join("")).toContain("the pack is gone");
});
