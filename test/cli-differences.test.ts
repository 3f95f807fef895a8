/** What differs from restic on purpose does so still: each entry of the list is held to both. */
import { beforeAll, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { DIFFERENCES } from "./support/deliberate-differences.js";
import { describeWithRestic, runRestic, runTastic, succeed, temporaryFolder } from "./support/peers.js";
import { writeFiles } from "./support/trees.js";
import { COMPARED_LINES } from "./support/compared-lines.js";

describeWithRestic("on purpose, tastic differs from restic", () => {
  let repo: string;

  beforeAll(async () => {
    const home = await temporaryFolder();
    repo = `${home}/repo`;
    await makeCheapRepository(repo);
    await writeFiles(home, { "src/a": "a" });
    succeed(await runRestic(["backup", "src"], { repo, cwd: home }));
  });

  it.each(DIFFERENCES.map((one) => [one.line, one] as const))("in %s", async (line, difference) => {
    const args = line.split(" ").map((word) => word.replace("REPO", repo));
    const [restic, tastic] = [await runRestic(args), await runTastic(args)];
    expect(restic.stdout + restic.stderr).toMatch(difference.restic);
    expect(tastic.stdout + tastic.stderr).toMatch(difference.tastic);
    expect(tastic.stdout + tastic.stderr).not.toMatch(difference.restic);
    expect([restic.code, tastic.code]).toEqual(difference.codes ?? [restic.code, restic.code]);
    expect(difference.reason).not.toBe("");
  });
});

it("all else is the same, in at least 300 command lines", () => {
  const total = Object.values(COMPARED_LINES).reduce((sum, lines) => sum + lines, 0);
  console.log(`${total} command lines or more are compared with restic`);
  expect(total).toBeGreaterThanOrEqual(300);
});
