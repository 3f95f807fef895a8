/** What a process says of itself in a state folder while it lives. */
import { silentLog } from "@tastic/rest-server";
import { expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { OwnerState } from "../dist/owner/owner-state.js";
import { Workers } from "../dist/runs/workers.js";

it("leaves nothing behind when it ends just as it says that it lives", async () => {
  const state = await OwnerState.open(await temporaryFolder());
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string): void => void warnings.push(message) };
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const names = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const name of state.workers.names()) all.push(name);
    return all;
  };
  for (let i = 0; i < 20; i++) {
    const workers = new Workers(state, log);
    await workers.begin();
    expect(await names()).toEqual([workers.id]);
    vi.advanceTimersByTime(30_000);
    await workers.end();
    expect(await names()).toEqual([]);
  }
  expect(warnings).toEqual([]);
  // Nor does anything come after all.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await names()).toEqual([]);
});
