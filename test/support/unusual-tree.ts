/** A folder with everything that a Unix file can be, and what is known of it afterwards, to be compared. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { sampleBytes } from "./bytes.js";
import { attributeTools } from "./peers.js";

export const isRoot = process.getuid?.() === 0;

/** Makes the tree in the empty folder `root`; as root also devices, foreign owners. Some of it changes each call: times. */
export async function makeUnusualTree(root: string): Promise<void> {
  const at = (name: string): string => `${root}/${name}`;
  const bytes = (...parts: (string | number[])[]): Buffer =>
    Buffer.concat([Buffer.from(`${root}/`), ...parts.map((part) => Buffer.from(part as string))]);

  mkdirSync(at("plain/nested"), { recursive: true });
  writeFileSync(at("plain/text.txt"), "hello\n");
  writeFileSync(at("plain/empty"), "");
  writeFileSync(at("plain/nested/random"), sampleBytes(3_000_000, 1));
  writeFileSync(at("plain/one-chunk"), sampleBytes(512 * 1024, 2));
  writeFileSync(at("plain/twin-of-random"), sampleBytes(3_000_000, 1));
  mkdirSync(at("empty-folder"));

  linkSync(at("plain/text.txt"), at("hard-link"));
  symlinkSync("plain/text.txt", at("link"));
  symlinkSync("/nowhere/at all", at("dangling"));
  symlinkSync(Buffer.from([0x74, 0xff, 0xfe]), bytes("link-to-raw-bytes"));
  execFileSync("mkfifo", [at("fifo")]);
  await makeSocket(at("socket"));
  writeFileSync(at("sparse"), "");
  truncateSync(at("sparse"), 20 * 1024 * 1024);

  for (const name of [
    "back\\slash",
    'quo"te',
    "new\nline",
    "tab\there",
    "<&>",
    "é ü 漢字 🎉",
    "nbsp\u00a0",
    "\u2028",
    "del\x7f",
  ]) {
    writeFileSync(at(name), name);
  }
  writeFileSync(bytes([0x62, 0x61, 0x64, 0xff, 0xfe]), "not UTF-8");
  writeFileSync(bytes([0x62, 0x61, 0x64, 0xc3]), "cut UTF-8");
  mkdirSync(bytes("dir-", [0xe4]));
  writeFileSync(bytes("dir-", [0xe4], "/inside"), "in a folder that is not UTF-8");
  writeFileSync(at("n".repeat(255)), "a long name");
  // In the order of bytes, U+FFFD comes before U+1F389; in that of UTF-16 after it.
  writeFileSync(at("z\u{1f389}"), "");
  writeFileSync(at("z\ufffd"), "");
  mkdirSync(at(`deep/${"d/".repeat(400)}`), { recursive: true });
  writeFileSync(at(`deep/${"d/".repeat(400)}bottom`), "far down");

  writeFileSync(at("setuid"), "#!/bin/sh\n");
  chmodSync(at("setuid"), 0o4755);
  writeFileSync(at("setgid"), "");
  chmodSync(at("setgid"), 0o2755);
  mkdirSync(at("sticky"));
  chmodSync(at("sticky"), 0o1777);
  writeFileSync(at("no-permissions"), "");
  chmodSync(at("no-permissions"), 0o000);
  writeFileSync(at("before-1970"), "");
  execFileSync("touch", ["-d", "1965-07-08T09:10:11.123456789Z", at("before-1970")]);
  writeFileSync(at("nanoseconds"), "");
  execFileSync("touch", ["-d", "2020-02-29T23:59:59.000000001Z", at("nanoseconds")]);
  writeFileSync(at("whole-second"), "");
  execFileSync("touch", ["-d", "2001-09-09T01:46:40Z", at("whole-second")]);
  execFileSync("touch", ["-h", "-d", "2011-11-11T11:11:11.5Z", at("link")]);

  if (isRoot) {
    execFileSync("mknod", [at("char-device"), "c", "1", "3"]);
    execFileSync("mknod", [at("block-device"), "b", "259", "70000"]);
    writeFileSync(at("foreign"), "");
    chownSync(at("foreign"), 1234, 5678);
  }
  if (attributeTools !== undefined) {
    const { setfattr } = attributeTools;
    execFileSync(setfattr, ["-n", "user.second", "-v", "0x00ff0a", at("plain/text.txt")]);
    execFileSync(setfattr, ["-n", "user.first", "-v", "plain text", at("plain/text.txt")]);
    execFileSync(setfattr, ["-n", "user.of-folder", "-v", "", at("empty-folder")]);
  }
}

/** A socket stays behind when its server is closed without removing it: by renaming it first. */
async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.made`, resolve));
  linkSync(`${path}.made`, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/**
 * Everything about the objects below `folder` that a restore must bring back, by raw path (latin1): type and mode,
 * owner, modification time to the microsecond (links too), links, device, target, content. Sockets are left out.
 */
export function manifestOf(folder: string): Record<string, string> {
  const manifest: Record<string, string> = {};
  const firstNames = new Map<string, string>();
  const visit = (path: Buffer, name: string): void => {
    const stat = lstatSync(path, { bigint: true });
    if (stat.isSocket()) return;
    const facts = [
      `mode ${(stat.mode & 0o177777n).toString(8)}`,
      `owner ${stat.uid}:${stat.gid}`,
      `mtime ${stat.mtimeNs / 1000n}`,
    ];
    if (stat.isFile()) {
      facts.push(`size ${stat.size}`, createHash("sha256").update(readFileSync(path)).digest("hex"));
      const first = firstNames.get(`${stat.ino}`);
      if (stat.nlink > 1n) facts.push(`same file as ${first ?? name}`);
      firstNames.set(`${stat.ino}`, first ?? name);
    }
    if (stat.isSymbolicLink())
      facts.push(`to ${readlinkSync(path, { encoding: "buffer" }).toString("latin1")}`);
    if (stat.isBlockDevice() || stat.isCharacterDevice()) facts.push(`device ${stat.rdev}`);
    manifest[name] = facts.join(", ");
    if (!stat.isDirectory()) return;
    for (const child of readdirSync(path, { encoding: "buffer" }).sort((a, b) => Buffer.compare(a, b))) {
      visit(Buffer.concat([path, Buffer.from("/"), child]), `${name}/${child.toString("latin1")}`);
    }
  };
  visit(Buffer.from(folder), ".");
  return manifest;
}

/** The extended attributes of everything below `folder`, by path; undefined where there is no tool to ask. */
export function attributesOf(folder: string): string | undefined {
  if (attributeTools === undefined) return undefined;
  const args = [
    "--recursive",
    "--physical",
    "--no-dereference",
    "--dump",
    "--match=-",
    "--encoding=hex",
    ".",
  ];
  const output = execFileSync(attributeTools.getfattr, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output.toString("latin1").split("\n\n").sort().join("\n\n");
}
