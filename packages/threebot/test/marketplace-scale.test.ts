/** 1,000 3Bots register and log in; TASTIC_FULL_SCALE=1 hashes their secrets as slowly as in earnest. */
import { Passwords } from "@tastic/rest-server";
import { expect, it, onTestFinished } from "vitest";
import { secretOf, startMarketplace } from "./marketplace-support.js";

const bots = 1_000;
const full = process.env["TASTIC_FULL_SCALE"] === "1";

/** Each on its own address, so many at once. */
async function each(
  atOnce: number,
  work: (name: string, address: string) => Promise<unknown>,
): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const hand = async (): Promise<void> => {
    for (let i = next++; i < bots; i = next++) await work(`bot${i}`, `10.${i >> 8}.${i & 255}.1`);
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
  return (performance.now() - begun) / 1000;
}

it(
  "1,000 3Bots register, log in at once every day, and are all there after a restart",
  { timeout: 900_000 },
  async () => {
    const passwords = new Passwords(full ? {} : { cost: 4 });
    onTestFinished(() => passwords.close());
    const test = await startMarketplace({ passwords });
    const { marketplace, servers } = test;
    const registering = await each(20, async (name, address) => {
      const token = await marketplace.issueToken(name);
      await marketplace.register({ name, token, loginSecret: secretOf(name) }, address);
    });
    const login = async (name: string, address: string): Promise<void> => {
      const places = await marketplace.login({ name, loginSecret: secretOf(name) }, address);
      expect(places.copies).toHaveLength(2);
    };
    const first = await each(100, login);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const days = full ? 1 : 5;
    let again = 0;
    for (let day = 0; day < days; day++) again += await each(100, login);
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    for (const { rest } of servers) expect(await rest.accounts.list()).toHaveLength(bots);
    const begun = performance.now();
    const restarted = await test.restart();
    const start = performance.now() - begun;
    expect(await restarted.standing("bot999")).toBe("registered");
    const rate = (seconds: number): string => `${(bots / seconds).toFixed(0)} a second`;
    console.log(
      `${bots} 3Bots: registered ${rate(registering)}, logged in ${rate(first)}, then ${rate(again / days)}; ` +
        `memory grew by ${grown.toFixed(0)} MiB, a start takes ${start.toFixed(0)} ms`,
    );
    expect(grown).toBeLessThan(100);
  },
);
