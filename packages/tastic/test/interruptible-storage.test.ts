/** An interrupted command does not wait for a server that is away, and still clears up. */
import { createFaultStorage, createMemoryStorage, createRetryStorage } from "@tastic/storage";
import { isTasticError } from "tastic";
import { expect, it } from "vitest";
import { interruptible } from "../dist/stores/interruptible-storage.js";

const config = { type: "config", name: "" } as const;

it("ends what it reads when it is interrupted, though nobody said so", async () => {
  const controller = new AbortController();
  const away = createFaultStorage(createMemoryStorage(), (operation) =>
    operation === "load" ? { kind: "fail" } : undefined,
  );
  const retried = createRetryStorage(away, { onNotice: () => controller.abort() });
  const error: unknown = await interruptible(retried, controller.signal)
    .load(config)
    .catch((reason: unknown) => reason);
  expect(isTasticError(error, "cancelled"), String(error)).toBe(true);
});

it("lets what clears up go on", async () => {
  const inner = createMemoryStorage();
  await inner.save(config, new Uint8Array(1));
  const storage = interruptible(inner, AbortSignal.abort());
  await expect(storage.load(config)).rejects.toThrow(/cancelled/);
  await storage.remove(config);
  await expect(inner.load(config)).rejects.toThrow();
});
