// A marketplace whose deployer runs 3Bots at two places of this machine: node two-places.mjs FOLDER PASSWORD LISTEN ONE TWO
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, ProcessTarget, runMarketplace } from "@tastic/threebot";
import { pageFolder } from "@tastic/web";

const [folder, password, listen, one, two] = process.argv.slice(2);
const program = fileURLToPath(new URL("../../../threebot/bin/3bot-backup.js", import.meta.url));
const args = ["--state", "{state}", "--home", "{home}", "--setup", "{setup}", "--listen", "127.0.0.1:{port}"];
const command = [process.execPath, program, "serve", ...args];
const targets = ["here", "there"].map((id) => new ProcessTarget({ id, folder: join(folder, id), command }));
const servers = { embedded: [{ listen: one }, { listen: two }] };
const running = await runMarketplace({ folder, listen, servers, targets, page: pageFolder });
await createClient(running.url).session.setUp(running.setupCode, password);
console.log(`deployer: ${running.url}`);
process.once("SIGTERM", () => void running.stop().then(() => process.exit(0)));
