/** A marketplace ends wholly, also when one of its servers cannot be ended in order. */
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runMarketplace } from "@tastic/threebot";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { endAll } from "../dist/marketplace/end-all.js";

it("a server whose disk is gone keeps nothing else from ending", async () => {
  const folder = await temporaryFolder();
  const running = await runMarketplace({
    folder,
    listen: "127.0.0.1:0",
    servers: { embedded: [{ listen: "127.0.0.1:0" }, { listen: "127.0.0.1:0" }] },
  });
  const answers = (): Promise<boolean> => fetch(running.url).then(Boolean, () => false);
  expect(await answers()).toBe(true);
  await rm(join(folder, "servers/1"), { recursive: true });
  await symlink(join(folder, "not-mounted"), join(folder, "servers/1"));
  await running.stop();
  expect(await answers()).toBe(false);
  // All of it has ended: another one may begin in its place.
  await rm(join(folder, "servers/1"));
  const again = await runMarketplace({
    folder,
    listen: running.listening,
    servers: { embedded: [{ listen: "127.0.0.1:0" }, { listen: "127.0.0.1:0" }] },
  });
  await again.stop();
});

it("all are ended, the last first, and every failure is told", async () => {
  const order: string[] = [];
  const end = (name: string, failure?: string) => (): Promise<void> => {
    order.push(name);
    return failure === undefined ? Promise.resolve() : Promise.reject(new Error(failure));
  };
  await endAll([end("a"), end("b")]);
  await expect(endAll([end("a"), end("b", "no disk"), end("c")])).rejects.toThrow(/^no disk$/);
  await expect(endAll([end("a", "no disk"), end("b", "no net")])).rejects.toThrow(/^no net; no disk$/);
  expect(order.join("")).toBe("bacbaba");
});
