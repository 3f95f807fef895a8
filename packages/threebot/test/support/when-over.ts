/** What has to be ended after a test; in a hook such as `beforeAll`, after all tests of the file. */
import { afterAll, onTestFinished } from "vitest";

const ends: (() => unknown)[] = [];

afterAll(async () => {
  // The last one first, as with tests.
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
});

export function whenOver(end: () => unknown): void {
  try {
    onTestFinished(async () => {
      await end();
    });
  } catch {
    // Not in a test.
    ends.push(end);
  }
}
