/**
 * A deployer with its marketplace that makes, ends, starts and moves 3Bots until it is killed:
 * node deployer-process.mjs FOLDER PREFIX LISTEN SERVER1 SERVER2 STAND-IN
 */
import { join } from "node:path";
import { writeSync } from "node:fs";
import { ProcessTarget, runMarketplace } from "@tastic/threebot";

const [folder, prefix, listen, one, two, standIn] = process.argv.slice(2);
const password = "orbital-lantern-mustard-quilt";
const args = ["--state", "{state}", "--home", "{home}", "--setup", "{setup}", "--port", "{port}"];
const command = [process.execPath, standIn, ...args];
const targets = ["here", "there"].map((id) => new ProcessTarget({ id, folder: join(folder, id), command }));
const servers = { embedded: [{ listen: one }, { listen: two }] };
const { deployer } = await runMarketplace({ folder, listen, servers, targets });
const say = (did, name) => writeSync(1, `${JSON.stringify({ did, name })}\n`);

async function until(name, state) {
  for (;;) {
    const now = await deployer.get(name);
    if (now.state === state && now.step === state) return;
    if (now.state === "failed") throw new Error(`${name}: ${now.problem?.message}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

say("start");
for (let i = 0; ; i++) {
  const name = `${prefix}-${i}`;
  say("begin", name);
  await deployer.create(name, password, "local");
  say("create", name);
  await until(name, "running");
  say("running", name);
  await deployer.move(name, "there", password, "local");
  say("move", name);
  await until(name, "running");
  say("running", name);
  await deployer.stopThreebot(name);
  await until(name, "stopped");
  say("stopped", name);
}
