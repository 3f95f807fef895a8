/** Each row of docs/differences.md has a test with its number in its name. */
import { expect, it } from "vitest";
import { expectTestsOfRows } from "./support/numbered-tests.js";
import { runTasticHere } from "./support/run-here.js";

it("every difference from restic has its test", async () => {
  await expectTestsOfRows("differences.md", "difference", 15);
});

it("difference 10: the command does not replace itself", async () => {
  const { code, stderr } = await runTasticHere(["self-update"]);
  expect(code).toBe(1);
  expect(stderr).toContain('unknown command "self-update"');
});
