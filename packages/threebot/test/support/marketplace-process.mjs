/**
 * A marketplace with two servers that registers, destroys and undoes as fast as it can until it is killed. Each line that
 * it prints was done before: node marketplace-process.mjs FOLDER PREFIX
 */
import { writeSync } from "node:fs";
import { runMarketplace } from "@tastic/threebot";

const [folder, prefix] = process.argv.slice(2);
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const running = await runMarketplace({
  folder,
  listen: "127.0.0.1:0",
  servers: { embedded: [{ listen: "127.0.0.1:0" }, { listen: "127.0.0.1:0" }] },
});
const { marketplace } = running;
say({ did: "start" });
for (let i = 0; ; i++) {
  const name = `${prefix}-${i}`;
  const loginSecret = `secret-of-${name}-0123456789`;
  const token = await marketplace.issueToken(name);
  say({ did: "token", name, token });
  await marketplace.register({ name, token, loginSecret }, "local");
  say({ did: "register", name });
  await marketplace.destroy({ name, loginSecret, confirm: name }, "local");
  say({ did: "destroy", name });
  if (i % 2 === 0) continue;
  await marketplace.restoreBackups({ name, loginSecret }, "local");
  say({ did: "undo", name });
}
