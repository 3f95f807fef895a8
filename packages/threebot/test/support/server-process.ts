/** A backup server as its operator runs it: `tastic serve rest`, a process of its own, with accounts that a marketplace makes. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTastic, type Running } from "../../../../test/support/peers.js";
import { whenServing } from "../../../../test/support/serving.js";
import { freeAddresses } from "./free-addresses.js";
import { whenOver } from "./when-over.js";

export interface ServerProcess {
  readonly id: string;
  readonly url: string;
  readonly operatorUrl: string;
  readonly operatorTokenFile: string;
  readonly operatorToken: string;
  /** Where its data lies. */
  readonly place: string;
  /** As a power failure does. */
  kill(): Promise<void>;
  /** kill -9, and its disk with it. */
  lose(): Promise<void>;
  /** Under the old address, with what its disk has. */
  start(): Promise<void>;
}

/** Starts one that knows nobody yet. It is killed when the test is over in which, or the file in whose hook, it was started. */
export async function startServerProcess(folder: string, id: string): Promise<ServerProcess> {
  const [listen, operator] = (await freeAddresses(2)) as [string, string];
  const operatorTokenFile = join(folder, `${id}-token`);
  const operatorToken = `the token of the operator of ${id}`;
  await writeFile(operatorTokenFile, operatorToken, { mode: 0o600 });
  const place = join(folder, id);
  const args = [
    ...["serve", "rest", "--path", place, "--private-repos", "--listen", listen],
    ...["--operator-listen", operator, "--operator-token-file", operatorTokenFile],
  ];
  let running: Running | undefined;
  const start = async (): Promise<void> => {
    await mkdir(place, { recursive: true });
    running = await startTastic(args, { timeout: 3_600_000 });
    await whenServing(running);
  };
  const kill = async (): Promise<void> => {
    running?.child.kill("SIGKILL");
    await running?.finished;
  };
  whenOver(kill);
  await start();
  return {
    id,
    url: `http://${listen}/`,
    operatorUrl: `http://${operator}/`,
    operatorTokenFile,
    operatorToken,
    place,
    kill,
    start,
    async lose() {
      await kill();
      await rm(place, { recursive: true });
    },
  };
}
