/** Clients that are slow, wrong, greedy or gone: each gets a clear answer, leaves nothing behind, and harms nobody else. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { content, name, openBelow, raw, statusOf, unharmed, type Raw } from "./bad-clients-support.js";
import { call, sha256, startServer } from "./support.js";

it("threat 35: slow headers and slow bodies are let go", async () => {
  const server = await startServer({
    timeouts: { headers: 500 },
    settings: { bodyPatience: 500, minimumBodyBytes: 1000 },
  });
  const post = `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
  const cases: [string, Raw, string[]][] = [
    ["no header at all", raw(server, ""), ["408", "none"]],
    ["half a header", raw(server, "GET /r/config HTTP/1.1\r\nhost: x\r\nx-slow: "), ["408", "none"]],
    ["no body", raw(server, post), ["408"]],
    ["half a body", raw(server, post + "x".repeat(100)), ["408"]],
  ];
  // A byte now and again is as good as none.
  const drip = raw(server, post);
  const dripping = setInterval(() => drip.socket.write("x"), 100);
  cases.push(["a byte at a time", drip, ["408"]]);
  const dripHeader = raw(server, "GET / HTTP/1.1\r\n");
  const drippingHeader = setInterval(() => dripHeader.socket.write("x: y\r\n"), 100);
  cases.push(["a header at a time", dripHeader, ["408", "none"]]);
  await unharmed(server);
  for (const [what, { answer }, expected] of cases) {
    expect([what, expected.includes(statusOf(await answer(50_000)))]).toEqual([what, true]);
  }
  clearInterval(dripping);
  clearInterval(drippingHeader);
  await unharmed(server);
  console.log(`${cases.length} slow clients`);
});

it("a reader that does not read is let go", async () => {
  const server = await startServer({ settings: { bodyPatience: 400 } });
  const large = randomBytes(16 * 1024 * 1024);
  const path = `/r/data/${sha256(large)}`;
  expect((await call(server.url, "POST", path, { body: large })).status).toBe(200);
  const readers = Array.from({ length: 20 }, () => raw(server, `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`));
  for (const { socket } of readers) socket.pause();
  await expect.poll(() => openBelow(join(server.folder, "r")).length, { timeout: 20_000 }).toBe(0);
  for (const { socket } of readers) socket.destroy();
  await unharmed(server);
  console.log(`${readers.length} readers that do not read`);
});

it("wrong requests get a clear status", async () => {
  const server = await startServer({ settings: { maximumObjectSize: 1_000_000 } });
  const get = (path: string, more = ""): string =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n`;
  const post = (more: string, body = ""): string =>
    `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n${body}`;
  await call(server.url, "POST", "/r/?create=true");
  const table: [string, string, string[]][] = [
    ["a path of a million bytes", get(`/${"a".repeat(1_000_000)}/config`), ["431", "414"]],
    ["a million slashes", get("/".repeat(1_000_000)), ["431", "414"]],
    ["a long path", get(`/${"a/".repeat(4_000)}config`), ["404"]],
    ["a header of a million bytes", get("/r/config", `x: ${"y".repeat(1_000_000)}\r\n`), ["431"]],
    ["ten thousand headers", get("/r/config", "x: y\r\n".repeat(10_000)), ["431"]],
    ["dots", get("/../../../../etc/passwd"), ["404"]],
    ["dots in a repository", get(`/r/../r/data/${name}`), ["404"]],
    ["encoded dots", get("/%2e%2e/%2e%2e/etc/passwd"), ["404"]],
    ["an encoded slash", get(`/r%2Fdata/${name}`), ["404"]],
    ["an encoded slash in a name", get(`/r/data/..%2f..%2fconfig`), ["404"]],
    ["a backslash", get(`/r\\..\\data/`), ["404"]],
    ["a NUL", get("/r%00/config"), ["404"]],
    ["a raw NUL", get("/r\0/config"), ["400"]],
    ["no path", "GET HTTP/1.1\r\n\r\n", ["400"]],
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ["400", "none"]],
    ["a method that nobody knows", "BREW / HTTP/1.1\r\nhost: x\r\n\r\n", ["400", "405"]],
    ["a whole URL of another scheme", get("ftp://x/r/config"), ["404"]],
    ["an absurd range", get("/r/config", "range: bytes=99999999999999999999-\r\n"), ["404"]],
    ["a negative length", post("content-length: -1\r\n"), ["400"]],
    ["no number for a length", post("content-length: x\r\n"), ["400"]],
    ["two lengths", post("content-length: 1\r\ncontent-length: 2\r\n", "xx"), ["400"]],
    [
      "a length and chunks",
      post("content-length: 5\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
      ["400"],
    ],
    ["a length beyond all limits", post("content-length: 99999999999999999999\r\n"), ["400", "413"]],
    ["a length above the limit", post("content-length: 1000001\r\n"), ["413"]],
    [
      "chunks above the limit",
      post("transfer-encoding: chunked\r\n", `f4241\r\n${"x".repeat(1_000_001)}\r\n0\r\n\r\n`),
      ["413"],
    ],
    ["chunks that are none", post("transfer-encoding: chunked\r\n", "zz\r\n"), ["400"]],
    ["an encoding that nobody knows", post("transfer-encoding: gzip\r\n"), ["400", "501"]],
    ["no length at all", post(""), ["400"]],
    ["an empty body", post("content-length: 0\r\n"), ["400"]],
    ["too short", post("content-length: 5\r\n", "12345"), ["400"]],
  ];
  for (const [what, text, expected] of table) {
    const status = statusOf(await raw(server, text).answer(50_000));
    expect([what, status, expected.includes(status)]).toEqual([what, status, true]);
  }
  await unharmed(server);
  console.log(`${table.length} wrong requests`);
});

it("absurd ranges of an object get what they ask for, or 416, or all of it", async () => {
  const server = await startServer();
  const object = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
  const path = `/r/data/${sha256(object)}`;
  expect((await call(server.url, "POST", path, { body: object })).status).toBe(200);
  const many = Array.from({ length: 2_000 }, (_, i) => `${i % 10}-`).join(",");
  type Part = readonly [start: number, end: number];
  const table: [range: string, status: number, part?: Part][] = [
    ["bytes=0-99999999999999999999999999", 206, [0, 1000]],
    ["bytes=999-99999999999999999999999999", 206, [999, 1000]],
    ["bytes=-99999999999999999999999999", 206, [0, 1000]],
    ["bytes=1000-", 416],
    ["bytes=1000-1000", 416],
    ["bytes=99999999999999999999999999-", 416],
    ["bytes=99999999999999999999-99999999999999999999", 416],
    ["bytes=9007199254740992-", 416],
    ["bytes=4294967296-4294967297", 416],
    ["bytes=20-10", 416],
    ["bytes=-0", 416],
    ["bytes=-", 416],
    ["bytes=--1", 416],
    ["bytes=-1-", 416],
    ["bytes=-5-10", 416],
    ["bytes=", 416],
    ["bytes=x-y", 416],
    ["bytes=0x10-", 416],
    ["bytes=1e2-", 416],
    ["bytes=+1-2", 416],
    ["bytes=1.5-2", 416],
    ["bytes=٣-", 416],
    ["bytes=0-NaN", 416],
    [`bytes=${"9".repeat(10_000)}-`, 416],
    [`bytes=${" ".repeat(10_000)}-`, 416],
    // Several ranges would be more work for us than for the client: it gets all of it once, or nothing.
    ["bytes=0-0,1-1", 200],
    [`bytes=${many}`, 200],
    ["bytes=,", 200],
    ["lines=1-2", 200],
    ["bytes", 200],
    ["0-10", 200],
  ];
  for (const [range, status, part = [0, 1000]] of table) {
    const shown = range.slice(0, 60);
    // An old client's letters are bytes.
    const headers = { range: Buffer.from(range).toString("latin1") };
    const answer = await call(server.url, "GET", path, { headers });
    expect([shown, answer.status]).toEqual([shown, status]);
    if (status === 416) expect([shown, answer.headers["content-range"]]).toEqual([shown, "bytes */1000"]);
    else expect([shown, answer.body.equals(object.subarray(...part))]).toEqual([shown, true]);
  }
  await unharmed(server);
  console.log(`${table.length} absurd ranges`);
});

it("bodies of another length than was said store nothing", async () => {
  const server = await startServer();
  await call(server.url, "POST", "/r/?create=true");
  const small = Buffer.from("five!");
  const path = `/r/data/${sha256(small)}`;
  const post = (header: string, body: string): string =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n${body}`;
  /** What is said, what is sent, and what is answered; "none" where the client ends its side in the middle. */
  const table: [said: string, sent: string, status: string[]][] = [
    ["content-length: 4", "five!", ["400"]],
    ["content-length: 1", "five!", ["400"]],
    ["content-length: 0", "five!", ["400"]],
    ["content-length: 6", "five!", ["none", "400"]],
    ["content-length: 42", "five!", ["none", "400"]],
    ["content-length: 4000000000", "five!", ["none", "400"]],
    ["content-length: 5", "five", ["none", "400"]],
    ["content-length: 5", "", ["none", "400"]],
    ["transfer-encoding: chunked", "5\r\nfive!\r\n", ["none", "400"]],
    ["transfer-encoding: chunked", "5\r\nfive", ["none", "400"]],
    ["transfer-encoding: chunked", "4\r\nfive\r\n0\r\n\r\n", ["400"]],
    ["transfer-encoding: chunked", "4\r\nfive!\r\n0\r\n\r\n", ["400"]],
    ["transfer-encoding: chunked", "ffffffffffffffff\r\nfive!", ["none", "400", "413"]],
    ["transfer-encoding: chunked", "0\r\n\r\n", ["400"]],
  ];
  for (const [said, sent, expected] of table) {
    const client = raw(server, post(said, sent));
    if (expected.includes("none")) client.socket.end();
    const status = statusOf(await client.answer(50_000));
    expect([said, sent, status, expected.includes(status)]).toEqual([said, sent, status, true]);
    expect([said, sent, (await call(server.url, "GET", path)).status]).toEqual([said, sent, 404]);
  }
  await unharmed(server);
  expect((await call(server.url, "POST", path, { body: small })).status).toBe(200);
  console.log(`${table.length} bodies of another length`);
});

it("uploads that break off at any byte leave nothing", async () => {
  const server = await startServer();
  await call(server.url, "POST", "/r/?create=true");
  const head = `POST /r/data/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
  const lengths = [0, 1, 100, 65_535, 65_536, 65_537, 100_000, 199_999];
  await Promise.all(
    lengths.flatMap((length) =>
      ["destroy", "end"].map(async (how) => {
        const { socket } = raw(server, head);
        await new Promise((resolve) => socket.write(content.subarray(0, length), resolve));
        if (how === "destroy") socket.resetAndDestroy();
        else socket.end();
      }),
    ),
  );
  await unharmed(server);
  expect((await call(server.url, "GET", `/r/data/${name}`)).status).toBe(404);
  expect((await call(server.url, "POST", `/r/data/${name}`, { body: content })).status).toBe(200);
  console.log(`${lengths.length * 2} uploads that broke off`);
});

it("an upload that is sent again and again, by many and without waiting for the answer, is one object", async () => {
  const server = await startServer({ policy: { appendOnly: true }, repositoryLimit: 1_100_000 });
  await call(server.url, "POST", "/r/?create=true");
  const path = `/r/data/${name}`;
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${content.length}\r\n\r\n`;
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    // Everything is sent, and the answer does not arrive.
    const { socket } = raw(server, head);
    await new Promise((resolve) => socket.write(content, resolve));
    socket.resetAndDestroy();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call(server.url, "POST", path, { body: content })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  }
  expect((await call(server.url, "GET", path)).body.equals(content)).toBe(true);
  expect(JSON.parse((await call(server.url, "GET", "/r/data/")).text)).toEqual([name]);
  expect(await server.server.usage.of(["r"])).toEqual({ objects: content.length, trash: 0 });
  await unharmed(server);
  console.log(`${rounds * 5} uploads of one object`);
});

it("a quota in the middle of a body, and one that is known before, leave no file and no descriptor", async () => {
  const server = await startServer({ repositoryLimit: 100_000 });
  await call(server.url, "POST", "/r/?create=true");
  const rounds = 100;
  for (let i = 0; i < rounds; i++) {
    const headers: Record<string, string> = i % 2 === 0 ? { "transfer-encoding": "chunked" } : {};
    expect((await call(server.url, "POST", `/r/data/${name}`, { body: content, headers })).status).toBe(507);
  }
  await unharmed(server);
  console.log(`${rounds} uploads over quota`);
});
