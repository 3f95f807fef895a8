/**
 * The same requests to rest-server 0.14 and to `tastic serve rest`: the same answers, but where rest-server has a defect
 * that is named here. The sequences are those of rest-server's own tests of its handlers.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithRestServer, temporaryFolder } from "./support/peers.js";
import { startRestServer, type RestServer } from "./support/rest-server.js";
import {
  call,
  media1,
  media2,
  serveRest,
  sha256,
  type Answer,
  type CallOptions,
  type Served,
} from "./support/serve-rest.js";

const content = Buffer.from("the content of an object");
const name = sha256(content);
const other = sha256("something else");

interface Step extends CallOptions {
  readonly request: string;
  /** What both answer. */
  readonly status: number;
  /** What we answer, where rest-server's answer is a defect. */
  readonly ours?: { readonly status: number; readonly why: string };
}

const create = (path: string): Step => ({ request: `POST ${path}?create=true`, status: 200 });

/** Everything that can be done with one object, at one place. */
function life(path: string, type: string, appendOnly: boolean): Step[] {
  const url = `${path}${type}/${name}`;
  const gone = type === "locks" || !appendOnly;
  return [
    create(path),
    create(path),
    { request: `GET ${url}`, status: 404 },
    { request: `HEAD ${url}`, status: 404 },
    { request: `POST ${url}`, body: "not the content", status: 400 },
    { request: `GET ${url}`, status: 404 },
    { request: `POST ${url}`, body: content, status: 200 },
    { request: `GET ${url}`, status: 200 },
    { request: `HEAD ${url}`, status: 200 },
    { request: `POST ${url}`, body: "something else", status: 403 },
    { request: `GET ${url}`, status: 200 },
    {
      request: `POST ${url}`,
      body: content,
      status: 403,
      ours: { status: 200, why: "restic/rest-server#196: a client whose answer was lost tries again" },
    },
    { request: `GET ${path}${type}/`, status: 200 },
    { request: `GET ${path}${type}/`, headers: { accept: media2 }, status: 200 },
    { request: `DELETE ${url}`, status: gone ? 200 : 403 },
    { request: `GET ${url}`, status: gone ? 404 : 200 },
    { request: `DELETE ${url}`, status: gone ? 200 : 403 },
    { request: `DELETE ${path}${type}/${other}`, status: gone ? 200 : 403 },
  ];
}

const places = {
  "/": ["data", "locks"],
  "/parent1/": ["data", "index", "keys", "snapshots", "locks"],
  "/parent1/sub1/": ["data", "locks"],
  "/parent2/": ["data"],
};

const config: Step[] = [
  create("/c/"),
  { request: "GET /c/config", status: 404 },
  { request: "HEAD /c/config", status: 404 },
  { request: "POST /c/config", body: "first", status: 200 },
  { request: "POST /c/config", body: "second", status: 403 },
  { request: "GET /c/config", status: 200 },
  { request: "HEAD /c/config", status: 200 },
];

/** Ranges of a larger object, with the answers of Go's ServeContent. */
const large = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
const ranges = [
  "bytes=0-", "bytes=0-0", "bytes=0-999", "bytes=0-1000", "bytes=10-19", "bytes=999-", "bytes=999-999", "bytes=1000-",
  "bytes=1000-1001", "bytes=5000-6000", "bytes=-1", "bytes=-1000", "bytes=-5000", "bytes=20-10", "bytes=abc", "bytes=-",
  "bytes=1", "bytes=0-99999999999999", "bytes=99999999999999-",
]; // prettier-ignore

const elsewhere = { status: 404, why: "a path is what it says, and is not put in order for the client" };

const strange: Step[] = [
  create("/"),
  create("/a/"),
  create("/a/b/"),
  { request: "POST /a/b/c/?create=true", status: 404 },
  { request: "POST /a/", status: 400 },
  { request: "POST /a/?create=false", status: 400 },
  { request: "GET /", status: 405 },
  { request: "PUT /data/", status: 405 },
  { request: "POST /data/", status: 405 },
  { request: "DELETE /data/", status: 405 },
  { request: "HEAD /data/", status: 405 },
  { request: `PUT /data/${name}`, status: 405 },
  { request: "PATCH /config", status: 405 },
  { request: "GET /data", status: 404 },
  { request: "GET /data/foobar", status: 404 },
  { request: `GET /data/${name.toUpperCase()}`, status: 404 },
  { request: `GET /data/${name.slice(1)}`, status: 404 },
  { request: `GET /data/${name}0`, status: 404 },
  { request: `GET /data/${name.slice(0, 2)}/${name}`, status: 404 },
  { request: `GET /data/${name}/`, status: 404 },
  { request: `GET /foo/${name}`, status: 404 },
  { request: "GET /keys/../config", status: 301, ours: elsewhere },
  { request: "GET /../config", status: 301, ours: elsewhere },
  { request: "GET /a/../config", status: 301, ours: elsewhere },
  { request: "GET /./config", status: 301, ours: elsewhere },
  { request: "GET //config", status: 301, ours: elsewhere },
  { request: "GET //data/", status: 301, ours: elsewhere },
  { request: "GET /a//config", status: 301, ours: elsewhere },
  { request: "GET /%2e%2e/config", status: 301, ours: elsewhere },
  { request: "GET /a%00b/config", status: 404 },
  { request: "GET /config/", status: 404 },
  { request: "GET /config/a", status: 404 },
  { request: "GET /a/b/c/config", status: 404 },
  { request: "GET /a/b/c/data/", status: 404 },
  { request: "GET /metrics", status: 404 },
  { request: "GET /nowhere/config", status: 404 },
  { request: `GET /nowhere/data/${name}`, status: 404 },
];

describeWithRestServer("rest-server 0.14 and tastic serve rest", () => {
  for (const appendOnly of [false, true]) {
    const mode = appendOnly ? "append-only" : "usual";
    let theirs: RestServer;
    let ours: Served;
    beforeAll(async () => {
      theirs = await startRestServer({ appendOnly, folder: join(await temporaryFolder(), "theirs") });
      ours = await serveRest({
        args: appendOnly ? ["--append-only"] : [],
        folder: join(await temporaryFolder(), "ours"),
      });
    });
    afterAll(async () => {
      await theirs.stop();
      await ours.stop();
    });

    const same = async (steps: readonly Step[]): Promise<void> => {
      for (const step of steps) {
        const [method = "", path = ""] = step.request.split(" ");
        const [one, two] = [
          await call(theirs.url, method, path, step),
          await call(ours.url, method, path, step),
        ];
        const what = `${step.request} ${JSON.stringify(step.headers ?? {})}`;
        expect([what, one.status]).toEqual([what, step.status]);
        expect([what, two.status, step.ours?.why]).toEqual([
          what,
          step.ours?.status ?? step.status,
          step.ours?.why,
        ]);
        if (step.ours === undefined) compare(what, one, two);
      }
    };

    for (const [path, types] of Object.entries(places)) {
      it(`the life of objects at ${path}, ${mode}`, async () => {
        for (const type of types) await same(life(path, type, appendOnly));
      });
    }

    it(`the config, ${mode}`, async () => {
      await same([
        ...config,
        { request: "DELETE /c/config", status: appendOnly ? 403 : 200 },
        { request: "GET /c/config", status: appendOnly ? 200 : 404 },
      ]);
    });

    it(`strange paths and methods, ${mode}`, () =>
      same([...strange, { request: `DELETE /nowhere/data/${name}`, status: appendOnly ? 403 : 200 }]));

    it(`ranges, ${mode}`, async () => {
      const path = `/ranges/data/${sha256(large)}`;
      await same([create("/ranges/"), { request: `POST ${path}`, body: large, status: 200 }]);
      for (const range of ranges) {
        const [one, two] = await Promise.all(
          [theirs.url, ours.url].map((url) => call(url, "GET", path, { headers: { range } })),
        );
        expect([range, two!.status]).toEqual([range, one!.status]);
        const part = one!.headers["content-range"];
        if (part !== undefined) expect([range, two!.headers["content-range"]]).toEqual([range, part]);
        if (one!.status < 300) expect(two!.body.equals(one!.body), range).toBe(true);
      }
    });

    it(`empty lists are lists, and strangers' files are not in them, ${mode}`, async () => {
      for (const server of [theirs, ours]) {
        await call(server.url, "POST", "/empty/?create=true");
        for (const accept of [media1, media2, "*/*"]) {
          const answer = await call(server.url, "GET", "/empty/data/", { headers: { accept } });
          expect([answer.text, answer.headers["content-type"]]).toEqual([
            "[]",
            accept === media2 ? media2 : media1,
          ]);
        }
      }
      const data = join(ours.folder, "empty", "data");
      await writeFile(join(data, "stray"), "x");
      await writeFile(join(data, name.slice(0, 2), `${name}.rest-server-temp123`), "x");
      await mkdir(join(data, "00", "0".repeat(64)), { recursive: true });
      expect((await call(ours.url, "GET", "/empty/data/", { headers: { accept: media2 } })).text).toBe("[]");
    });
  }
});

/** What clients look at. */
function compare(what: string, one: Answer, two: Answer): void {
  expect([what, two.headers.allow]).toEqual([what, one.headers.allow]);
  if (one.status !== 200) return;
  expect([what, two.body.toString("latin1")]).toEqual([what, one.body.toString("latin1")]);
  expect([what, two.headers["content-length"] ?? String(two.body.length)]).toEqual([
    what,
    one.headers["content-length"] ?? String(one.body.length),
  ]);
  const type = one.headers["content-type"];
  if (type?.startsWith("application/vnd")) expect([what, two.headers["content-type"]]).toEqual([what, type]);
}
