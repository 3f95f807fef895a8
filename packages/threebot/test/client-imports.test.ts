/** The client runs in browsers: nothing that it is made of needs Node. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the client imports nothing of Node", async () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  async function look(file: string): Promise<void> {
    if (seen.has(file)) return;
    seen.add(file);
    const source = await readFile(fileURLToPath(file), "utf8");
    for (const [, name = ""] of source.matchAll(/(?:import|export)[^"']*from ["']([^"']+)["']/g)) {
      if (name.startsWith(".")) await look(new URL(name, file).href);
      else packages.add(name);
    }
  }
  await look(import.meta.resolve("@tastic/threebot/client"));
  await look(import.meta.resolve("@tastic/errors"));
  expect([...packages]).toEqual(["@tastic/errors"]);
  expect(seen.size).toBeGreaterThan(3);
});
