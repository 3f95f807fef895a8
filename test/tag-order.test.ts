/**
 * The order of tags is stored, and shown: after every command that changes or carries them, tastic leaves them in the order
 * in which restic leaves them. A snapshot for each order in which there can be tags gets the same commands from both.
 */
import { cp } from "node:fs/promises";
import { createLocalStorage } from "@tastic/storage";
import { expect, it } from "vitest";
import { PASSWORD, SampleRepository } from "../packages/snapshots/test/sample-repository.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { describeWithRestic, runRestic, runTastic, succeed, temporaryFolder } from "./support/peers.js";

/** Every order of every choice of some things, none and all of them included. */
function ordersOf(things: readonly string[]): string[][] {
  return [
    [],
    ...things.flatMap((first) =>
      ordersOf(things.filter((other) => other !== first)).map((more) => [first, ...more]),
    ),
  ];
}

/** Each after the one before. */
const COMMANDS: readonly (readonly string[])[] = [
  ["tag", "--remove", "a"],
  ["tag", "--add", "new,a,new", "--remove", "b"],
  ["tag", "--remove", "rewrite", "--remove", "nope,c", "--host", "host-1"],
  ["rewrite", "--new-host", "host-2", "--host", "host-1"],
  ["tag", "--remove", "new", "--add", "late"],
  ["rewrite", "--new-host", "host-3", "--forget", "--host", "host-2"],
  ["copy", "--from-repo", "FROM"],
  ["tag", "--remove", "a,c"],
  ["tag", "--set", "z,y,z,a", "--tag", "late,b"],
  ["tag", "--remove", "z"],
  // By hosts, too, for of two snapshots of one time restic keeps either.
  ["forget", "--group-by", "host,tags", "--keep-last", "1"],
];

describeWithRestic("tags", () => {
  it("are in restic's order after whatever was done to them", { timeout: 120_000 }, async () => {
    const home = await temporaryFolder();
    const from = `${home}/from`;
    const sample = await SampleRepository.create(createLocalStorage(from));
    const tree = await sample.tree([]);
    const lists = [
      ...ordersOf(["a", "b", "rewrite"]),
      ...["a,b,a", "b,b", "c,a,c,b", "a,c,b,rewrite", "rewrite,c,a,b"].map((tags) => tags.split(",")),
    ];
    for (const [at, tags] of lists.entries()) {
      const time = new Date(Date.UTC(2024, 0, 1 + at)).toISOString();
      await sample.snapshot(tree, { time, hostname: `host-${at % 2}`, ...(tags.length > 0 && { tags }) });
    }
    await sample.flush();
    await makeCheapRepository(`${home}/copied`, { password: PASSWORD });
    const tools = { restic: runRestic, tastic: runTastic };
    for (const name of Object.keys(tools)) {
      await cp(from, `${home}/${name}`, { recursive: true });
      await cp(`${home}/copied`, `${home}/${name}-copied`, { recursive: true });
    }
    let isCopied = false;
    for (const command of COMMANDS) {
      isCopied ||= command[0] === "copy";
      const left = await Promise.all(
        Object.entries(tools).map(async ([name, run]) => {
          const repo = isCopied ? `${home}/${name}-copied` : `${home}/${name}`;
          const options = { repo, password: PASSWORD, env: { RESTIC_FROM_PASSWORD: PASSWORD } };
          const args = command.map((word) => (word === "FROM" ? `${home}/${name}` : word));
          succeed(await run([...args, "--no-cache"], options));
          const listed = await runRestic(["snapshots", "--json", "--no-cache", "--no-lock"], options);
          const snapshots = JSON.parse(succeed(listed).stdout) as Listed[];
          return snapshots
            .map(({ time, hostname, tags = [] }) => `${time} ${hostname} ${tags.join(",")}`)
            .sort();
        }),
      );
      expect(left[1], command.join(" ")).toEqual(left[0]);
      expect(left[1]!.length, command.join(" ")).toBeGreaterThan(2);
    }
  });
});

interface Listed {
  readonly time: string;
  readonly hostname: string;
  readonly tags?: readonly string[];
}
