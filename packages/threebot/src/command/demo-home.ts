/** What a 3Bot of the demonstration has in its home folder: something of each of the paths that are backed up. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const packages = 24;
const notes = 40;

export async function makeHome(home: string): Promise<void> {
  const files = new Map<string, string | Uint8Array>([
    [".config/jumpscale/config.toml", 'threebot = "demo"\nlog_level = "info"\n'],
    [
      ".config/jumpscale/secureconfig/jumpscale/tools/wallets/main.json",
      '{"network": "TEST", "name": "main"}\n',
    ],
    [".ssh/config", "Host *\n  ServerAliveInterval 60\n"],
    [".ssh/known_hosts", "# Nothing is known yet.\n"],
    ["sandbox/code/playground/hello.py", 'print("hello, 3Bot")\n'],
    ["sandbox/code/playground/README.md", "# Playground\n\nWhat is written here comes back.\n"],
    ["sandbox/code/playground/logo.svg", logo],
  ]);
  for (let i = 1; i <= notes; i++) {
    const number = String(i).padStart(2, "0");
    files.set(
      `sandbox/code/playground/notes/note-${number}.md`,
      `# Note ${i}\n\n${"A line of it.\n".repeat(i)}`,
    );
  }
  for (let i = 1; i <= packages; i++)
    files.set(`sandbox/var/downloaded_packages/package-${i}.bin`, bytesOf(`package ${i}`, 64 * 1024));
  for (const [path, content] of files) {
    const file = join(home, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content);
  }
}

/** The same each time, and nothing that could be compressed. */
function bytesOf(seed: string, length: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) parts.push(createHash("sha256").update(`${seed} ${i}`).digest());
  return Buffer.concat(parts, length);
}

const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="teal"/></svg>\n';
