/** Each row of docs/threats.md has a test with its number in its name. */
import { it } from "vitest";
import { expectTestsOfRows } from "./support/numbered-tests.js";

it("every threat has its test", async () => {
  const count = await expectTestsOfRows("threats.md", "threat", 38);
  console.log(`38 threats, ${count} tests that carry their numbers`);
});
