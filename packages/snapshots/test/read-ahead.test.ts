import { describe, expect, it } from "vitest";
import { ReadAhead } from "../dist/workers/read-ahead.js";

describe("reading ahead", () => {
  it("begins the next loads before they are asked for, in order and no more than that", async () => {
    const begun: number[] = [];
    const load = (item: number): Promise<string> => {
      begun.push(item);
      return Promise.resolve(`content ${item}`);
    };
    const ahead = new ReadAhead([1, 2, 3, 4], load, 2);
    expect(begun).toEqual([]);
    const contents: string[] = [];
    const counts: number[] = [];
    for (let taken = ahead.take(); taken !== undefined; taken = ahead.take()) {
      counts.push(begun.length);
      expect(taken.item).toBe(contents.length + 1);
      contents.push(await taken.content);
    }
    expect(begun).toEqual([1, 2, 3, 4]);
    expect(counts).toEqual([3, 4, 4, 4]);
    expect(contents).toEqual(["content 1", "content 2", "content 3", "content 4"]);
  });

  it("tells of a load that failed to whoever takes it, and to nobody else", async () => {
    const load = (item: number): Promise<number> =>
      item === 2 ? Promise.reject(new Error("gone")) : Promise.resolve(item);
    const ahead = new ReadAhead([1, 2, 3], load, 2);
    await expect(ahead.take()?.content).resolves.toBe(1);
    // Time for a rejection that nobody listens to, which would end the process.
    await new Promise((resolve) => setImmediate(resolve));
    await expect(ahead.take()?.content).rejects.toThrow("gone");
    await expect(ahead.take()?.content).resolves.toBe(3);
    expect(ahead.take()).toBeUndefined();
  });
});
