/** The routes of the original, in their shapes; its defects 9, 15, 19, 20, 21 and 22 by name. */
import { TasticError } from "@tastic/errors";
import { beforeEach, describe, expect, it } from "vitest";
import { canary } from "./support/fake-owner.js";
import { createSite, loggedIn, type Site, type Visitor } from "./support/owner-site.js";

let site: Site;
let owner: Visitor;
beforeEach(async () => {
  site = createSite();
  owner = await loggedIn(site);
});

const minio = "/backup/actors/minio";
const fields = {
  minio_url: "https://minio.example:9000",
  password: canary.repositoryPassword,
  access_key: "access",
  secret_key: canary.minioSecret,
};
/** As the original's page read an answer: JSON in JSON. */
const dataOf = async (response: Response): Promise<unknown> =>
  (JSON.parse((await response.json()) as string) as { data: unknown }).data;

describe("an answer of the original", () => {
  beforeEach(() => site.owner.states.set("minio", "ready"));

  it.each([
    ["init", fields, "backup repos inited"],
    ["backup", { tags: "first,second" }, "backup done"],
    ["enable_auto_backup", {}, "auto backup enabled"],
    ["disable_auto_backup", {}, "auto backup disabled"],
  ])("%s is text in JSON in JSON", async (method, body, text) => {
    const response = await owner.post(`${minio}/${method}`, body);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await response.text()).toBe(JSON.stringify(JSON.stringify({ data: text })));
  });

  it("repos_exist and check_auto_backup are bare, by GET and by POST", async () => {
    site.owner.automatic.set("minio", true);
    for (const method of ["repos_exist", "check_auto_backup"]) {
      expect(await (await owner.get(`${minio}/${method}`)).text()).toBe("true");
      expect(await (await owner.post(`${minio}/${method}`)).text()).toBe("true");
    }
    site.owner.states.set("minio", "absent");
    expect(await (await owner.get(`${minio}/repos_exist`)).text()).toBe("false");
  });

  it("snapshots are rows of restic, newest first", async () => {
    site.owner.add("minio", { tags: ["first"] });
    const second = site.owner.add("minio", {
      tags: ["sec"],
      parent: "12".repeat(32) as never,
      programVersion: "restic 0.19.1",
    });
    const rows = (await dataOf(await owner.get(`${minio}/snapshots`))) as Record<string, unknown>[];
    expect(rows.map(({ tags }) => tags)).toEqual([["sec"], ["first"]]);
    expect(rows[0]).toEqual({
      time: second.snapshot.time,
      parent: "12".repeat(32),
      tree: "ab".repeat(32),
      paths: ["/home/alice/.config/jumpscale"],
      hostname: "alice-home",
      username: "alice",
      uid: 1000,
      gid: 1000,
      tags: ["sec"],
      program_version: "restic 0.19.1",
      id: second.id,
      short_id: second.id.slice(0, 8),
    });
    const some = (await dataOf(await owner.post(`${minio}/snapshots`, { tags: "first,other" }))) as unknown[];
    expect(some).toHaveLength(1);
    expect(await dataOf(await owner.get(`${minio}/snapshots?tags=sec`))).toHaveLength(1);
  });

  it("tags are a list with commas, as the original's page sent it, or nothing; the second comes to them", async () => {
    for (const tags of ["a,b", "a , b", null, ""]) {
      await owner.post(`${minio}/backup`, { tags });
    }
    const given = site.owner.calls.filter(([method]) => method === "backup").map(([, request]) => request);
    const second = expect.stringMatching(/^\d{10}$/) as string;
    expect(given).toEqual([
      { place: "minio", tags: ["a", "b", second] },
      { place: "minio", tags: ["a", "b", second] },
      { place: "minio", tags: [second] },
      { place: "minio", tags: [second] },
    ]);
  });

  it("paths are those of the settings, or refused, and only the marketplace's actor knows them", async () => {
    const deployer = "/backup/actors/threebot_deployer";
    site.owner.states.set("marketplace", "ready");
    const ask = async (actor: string, paths: unknown): Promise<number> =>
      (await owner.post(`${actor}/backup`, { paths })).status;
    expect(await ask(deployer, ["~/.config/jumpscale"])).toBe(200);
    expect(await ask(deployer, null)).toBe(200);
    expect(await ask(deployer, ["/etc"])).toBe(400);
    expect(await ask(minio, ["~/.config/jumpscale"])).toBe(400);
    expect(site.owner.calls.filter(([method]) => method === "backup")).toHaveLength(2);
  });
});

describe("an error of the original", () => {
  const errorOf = async (response: Response): Promise<[number, unknown]> => [
    response.status,
    ((await response.json()) as { error: unknown }).error,
  ];

  it("has its words where nothing is set up", async () => {
    for (const method of ["backup", "snapshots", "restore", "enable_auto_backup", "disable_auto_backup"])
      expect(await errorOf(await owner.post(`${minio}/${method}`))).toEqual([
        400,
        "Please configure backup first",
      ]);
    expect(await errorOf(await owner.get(`${minio}/check_auto_backup`))).toEqual([
      400,
      "Please configure backup first",
    ]);
  });

  it("has its words for what it does not know", async () => {
    expect(await errorOf(await owner.get("/backup/actors/elsewhere/backup"))).toEqual([
      400,
      "actor not found",
    ]);
    expect(await errorOf(await owner.post(`${minio}/destroy`))).toEqual([400, "method not found"]);
    expect((await owner.post(`${minio}/init`, { ...fields, more: 1 })).status).toBe(400);
    expect((await owner.post(`${minio}/init`, { password: "x" })).status).toBe(400);
  });

  it("is 404 where there is nothing to restore, 500 where the store fails", async () => {
    site.owner.states.set("minio", "ready");
    expect(await errorOf(await owner.post(`${minio}/restore`))).toEqual([
      404,
      "can not find any snapshots in the repo",
    ]);
    site.owner.failure = new TasticError("storage-failed", "the server is busy");
    expect(await errorOf(await owner.post(`${minio}/snapshots`))).toEqual([500, "the server is busy"]);
    site.owner.failure = new TasticError("locked", "somebody else is at work");
    expect(await owner.post(`${minio}/snapshots`)).toMatchObject({ status: 500 });
  });

  it("is text without a session, too", async () => {
    expect(await errorOf(await site.visitor().get(`${minio}/snapshots`))).toEqual([401, "a login is needed"]);
  });

  it("of init is 400 and says why, without the secrets", async () => {
    site.owner.setUpMinio = () => Promise.reject(new TasticError("access-denied", "the keys are refused"));
    const response = await owner.post(`${minio}/init`, fields);
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toContain("Couldn't create restic repo with given data the keys are refused");
    expect(text).not.toContain("canary");
  });

  it("says that a run did not go well", async () => {
    site.owner.states.set("minio", "ready");
    site.owner.slow = true;
    const answer = owner.post(`${minio}/backup`);
    await until(() => site.owner.allRuns.size > 0);
    const [id] = site.owner.allRuns.keys();
    const problem = { code: "no-space", message: "the disk is full", guidance: undefined };
    site.owner.end(id!, { state: "failed", problem });
    expect(await errorOf(await answer)).toEqual([500, "the disk is full"]);
  });
});

describe.each(["threebot_deployer", "marketplace"])("the actor %s", (actor) => {
  const path = `/backup/actors/${actor}`;

  it("sets up with name and token, or with the name that the 3Bot has", async () => {
    expect(await dataOf(await owner.post(`${path}/init`, { password: "p" }))).toBe("backup repos inited");
    await owner.post(`${path}/init`, { password: "p", new: true, name: "bob", token: "t" });
    await owner.post(`${path}/init`, { password: "p", new: false, name: "bob", token: "t" });
    const given = site.owner.calls.filter(([method]) => method === "setUpMarketplace").map(([, one]) => one);
    expect(given).toEqual([
      { name: "alice", password: "p", token: undefined },
      { name: "bob", password: "p", token: "t" },
      { name: "bob", password: "p", token: undefined },
    ]);
  });

  it("says so where the 3Bot has no name", async () => {
    site.owner.name = undefined;
    const response = await owner.post(`${path}/init`, { password: "p" });
    expect(response.status).toBe(400);
  });

  it("works on the marketplace", async () => {
    site.owner.states.set("marketplace", "ready");
    site.owner.add("marketplace");
    expect(await dataOf(await owner.get(`${path}/snapshots`))).toHaveLength(1);
    expect(await dataOf(await owner.post(`${path}/restore`))).toBe("data restored");
    expect(site.owner.calls).toContainEqual(["restore", expect.objectContaining({ place: "marketplace" })]);
  });
});

it("defect 9: nothing is restored or changed by GET; a browser is led to a page that asks", async () => {
  site.owner.states.set("minio", "ready");
  site.owner.add("minio");
  site.owner.calls.length = 0;
  for (const method of ["init", "backup", "enable_auto_backup", "disable_auto_backup"]) {
    const response = await owner.get(`${minio}/${method}`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  }
  // As somebody types it, logged in or not: the page asks for the login.
  for (const visitor of [owner, site.visitor()]) {
    const response = await visitor.get(`${minio}/restore`, { "sec-fetch-site": "none" });
    expect([response.status, response.headers.get("location")]).toEqual([
      302,
      "/#/restore?place=minio&snapshot=latest",
    ]);
  }
  expect((await owner.get(`${minio}/restore`, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect(site.owner.calls).toEqual([]);
});

it("defect 9: a restore by POST is one in place, for which the service makes a safety snapshot", async () => {
  site.owner.states.set("minio", "ready");
  const whole = site.owner.add("minio");
  site.owner.add("minio", { complete: false });
  expect(await dataOf(await owner.post(`${minio}/restore`))).toBe("data restored");
  expect(site.owner.calls).toContainEqual([
    "restore",
    { place: "minio", snapshot: whole.id, paths: [], target: undefined, existing: "replace" },
  ]);
});

it("defect 15: when a backup last succeeded, and whether one is overdue, is in the interface", async () => {
  const status = (await (await owner.get("/api/v1/status")).json()) as { places: Record<string, unknown>[] };
  for (const place of status.places)
    expect(place).toMatchObject({ overdue: false, automatic: false, copies: [] });
  const openapi = await (await owner.get("/api/v1/openapi.json")).text();
  for (const field of ["lastBackup", "nextBackup", "overdue", "proven"]) expect(openapi).toContain(field);
});

it("defect 19: during a backup everything else is answered, there is progress, and it can be cancelled", async () => {
  site.owner.states.set("minio", "ready");
  site.owner.slow = true;
  const answer = owner.post(`${minio}/backup`);
  await until(() => site.owner.allRuns.size > 0);
  const { runs } = (await (await owner.get("/api/v1/runs")).json()) as {
    runs: { id: string; progress: object }[];
  };
  expect(runs[0]?.progress).toMatchObject({ files: 1, bytes: 2 });
  expect((await owner.post(`/api/v1/runs/${runs[0]!.id}/cancel`)).status).toBe(200);
  expect((await answer).status).toBe(500);
});

it("defect 20: a chosen snapshot, a target, some files and a preview are in the interface", async () => {
  const request = {
    place: "minio",
    snapshot: "ab".repeat(32),
    paths: ["/home/alice/.ssh/id"],
    target: "/tmp/back",
    existing: "keep",
  };
  expect(await (await owner.post("/api/v1/restore/preview", request)).json()).toMatchObject({ replace: 2 });
  expect((await owner.post("/api/v1/restore", request)).status).toBe(200);
  expect(site.owner.calls).toContainEqual(["restore", request]);
  expect((await owner.post("/api/v1/places/minio/drill")).status).toBe(200);
});

it("defect 21: an error has its text where its page reads it, here and there", async () => {
  const original = (await (await owner.post(`${minio}/backup`)).json()) as { error: string };
  expect(original.error).toBe("Please configure backup first");
  const ours = (await (await owner.post("/api/v1/places/minio/backup", { tags: [","] })).json()) as {
    error: { code: string; message: string };
  };
  expect(ours.error).toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining("tag") as string,
  });
});

it("defect 22: what is not set up is said to be so, and no error", async () => {
  const status = (await (await owner.get("/api/v1/status")).json()) as { places: { state: string }[] };
  expect(status.places.map(({ state }) => state)).toEqual(["absent", "absent"]);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
