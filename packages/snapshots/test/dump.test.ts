import { encodeName } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { execFileSync } from "node:child_process";
import { Writable } from "node:stream";
import { inflateRawSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { dump } from "@tastic/snapshots";
import type { DumpOptions } from "@tastic/snapshots";
import { SampleRepository, TIME, sketchNode } from "./sample-repository.js";

const longName = `${"long/".repeat(20)}${"n".repeat(150)}`.replaceAll("/", "_");
const badName = "b\udcff";

let sample: SampleRepository;
let root: BlobId;

beforeAll(async () => {
  sample = await SampleRepository.create();
  const blobs = Array.from({ length: 20 }, (_, i) => Buffer.alloc(10_000 + i, i));
  const device = { mode: 0x0420_0000 + 0o600, device: 0x103n };
  root = await sample.tree([
    await sample.folder(
      "dir",
      [
        await sample.file("a", ["hello ", "world"], {
          mode: 0x0080_0000 + 0o750,
          uid: 3_000_000,
          gid: 7,
          user: "ü",
          group: "users",
          extendedAttributes: [{ name: "user.x", value: Uint8Array.of(0, 255, 10) }],
        }),
        await sample.file(badName, ["bad"]),
        sketchNode({ name: "console", type: "chardev", ...device }),
        sketchNode({ name: "fifo", type: "fifo", mode: 0x0200_0000 + 0o644 }),
        sketchNode({ name: "link", type: "symlink", linkTarget: "a" }),
        await sample.file(longName, blobs),
        await sample.folder("sub", [await sample.file("empty", [])]),
      ],
      {},
    ),
    await sample.file("file", blobs),
  ]);
  await sample.flush();
});

/** Takes bytes slowly, a few at a time. */
class SlowSink extends Writable {
  readonly chunks: Buffer[] = [];

  constructor() {
    super({ highWaterMark: 100 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    setImmediate(done);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

async function dumped(path: string, options: DumpOptions = {}, subfolder?: string): Promise<Buffer> {
  const sink = new SlowSink();
  await dump(
    sample.repository,
    { treeId: root, ...(subfolder === undefined ? {} : { subfolder }) },
    path,
    sink,
    options,
  );
  expect(sink.writableEnded).toBe(false);
  await new Promise<void>((resolve) => sink.end(resolve));
  return sink.bytes;
}

interface TarMember {
  readonly name: Buffer;
  readonly type: string;
  readonly header: Buffer;
  readonly pax: Map<string, Buffer>;
  readonly content: Buffer;
}

/** Reads what POSIX says of tar; holds checksums and padding against it. */
function readTar(bytes: Buffer): TarMember[] {
  const members: TarMember[] = [];
  let pax = new Map<string, Buffer>();
  let at = 0;
  const text = (header: Buffer, from: number, length: number): Buffer => {
    const field = header.subarray(from, from + length);
    const end = field.indexOf(0);
    return end < 0 ? field : field.subarray(0, end);
  };
  while (bytes[at] !== 0) {
    const header = bytes.subarray(at, at + 512);
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    expect(Number.parseInt(text(header, 148, 8).toString(), 8)).toBe(sum);
    expect(header.subarray(257, 265).toString("latin1")).toBe("ustar\x0000");
    const size = Number.parseInt(text(header, 124, 12).toString(), 8);
    const content = bytes.subarray(at + 512, at + 512 + size);
    const padded = Math.ceil(size / 512) * 512;
    expect(bytes.subarray(at + 512 + size, at + 512 + padded).every((byte) => byte === 0)).toBe(true);
    at += 512 + padded;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") {
      pax = readPax(content);
      continue;
    }
    const prefix = text(header, 345, 155);
    const name =
      pax.get("path") ??
      Buffer.concat([prefix, Buffer.from(prefix.length > 0 ? "/" : ""), text(header, 0, 100)]);
    members.push({ name, type, header, pax, content });
    pax = new Map();
  }
  expect(bytes.length - at).toBe(1024);
  expect(bytes.subarray(at).every((byte) => byte === 0)).toBe(true);
  return members;
}

function readPax(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const length = Number.parseInt(bytes.subarray(at, at + 10).toString("latin1"), 10);
    const record = bytes.subarray(bytes.indexOf(" ", at) + 1, at + length);
    expect(record.at(-1)).toBe(10);
    const equals = record.indexOf("=");
    records.set(record.subarray(0, equals).toString(), record.subarray(equals + 1, -1));
    at += length;
  }
  return records;
}

describe("a file", () => {
  it("is written in order, no faster than the output takes it", async () => {
    const expected = Buffer.concat(Array.from({ length: 20 }, (_, i) => Buffer.alloc(10_000 + i, i)));
    expect((await dumped("/file")).equals(expected)).toBe(true);
    expect((await dumped("dir/a")).toString()).toBe("hello world");
    expect((await dumped("a", {}, "dir")).toString()).toBe("hello world");
    expect((await dumped("/dir/sub/empty")).length).toBe(0);
  });

  it.each([
    ["/nope", 'cannot dump file: path "/nope" not found in snapshot'],
    ["/dir/nope/x", 'cannot dump file: path "/dir/nope" not found in snapshot'],
    ["/dir/link", 'cannot dump file: "/dir/link" should be a file, but is a "symlink"'],
    ["/dir/fifo", 'cannot dump file: "/dir/fifo" should be a file, but is a "fifo"'],
    ["/file/x", 'cannot dump file: "/file" should be a dir, but is a "file"'],
  ])("%s is told to be none", async (path, message) => {
    await expect(dumped(path)).rejects.toMatchObject({ message });
  });

  it("ends with an error when the output fails", async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => done(new Error("EPIPE: broken pipe")),
    });
    const failing = dump(sample.repository, { treeId: root }, "/file", broken);
    await expect(failing).rejects.toMatchObject({ code: "incomplete" });
  });

  it("ends with an error when the output is closed while it is full", async () => {
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const failing = dump(sample.repository, { treeId: root }, "/file", stuck);
    setImmediate(() => stuck.destroy());
    await expect(failing).rejects.toMatchObject({ code: "incomplete" });
  });
});

describe("a folder as tar", () => {
  it("holds everything in it, under its path in the snapshot", async () => {
    const members = readTar(await dumped("/dir"));
    expect(members.map(({ name }) => name)).toEqual([
      Buffer.from("dir/a"),
      encodeName(`dir/${badName}`),
      Buffer.from("dir/console"),
      Buffer.from("dir/fifo"),
      Buffer.from("dir/link"),
      Buffer.from(`dir/${longName}`),
      Buffer.from("dir/sub/"),
      Buffer.from("dir/sub/empty"),
    ]);
    expect(members.map(({ type }) => type).join("")).toBe("00362050");
  });

  it("has metadata that does not fit the old header in pax records", async () => {
    const [member] = readTar(await dumped("/dir"));
    const pax = member?.pax ?? new Map<string, Buffer>();
    expect(member?.header.toString("latin1", 100, 107)).toBe("0004750");
    expect(String(pax.get("uid"))).toBe("3000000");
    expect(member?.header.toString("latin1", 116, 123)).toBe("0000007");
    expect(String(pax.get("uname"))).toBe("ü");
    expect(pax.get("SCHILY.xattr.user.x")).toEqual(Buffer.of(0, 255, 10));
    expect(member?.content.toString()).toBe("hello world");
    const seconds = Number.parseInt(member?.header.toString("latin1", 136, 147) ?? "", 8);
    expect(seconds).toBe(Date.parse(TIME.replace(".123456789", "")) / 1000);
  });

  it("has the numbers of devices", async () => {
    const member = readTar(await dumped("/dir"))[2];
    expect(member?.header.toString("latin1", 329, 336)).toBe("0000001");
    expect(member?.header.toString("latin1", 337, 344)).toBe("0000003");
  });

  it("of the root holds all", async () => {
    const names = readTar(await dumped("/")).map(({ name }) => name.toString());
    expect(names.slice(0, 2)).toEqual(["dir/", "dir/a"]);
    expect(names.at(-1)).toBe("file");
  });

  it.skipIf(!hasTar())("is read by tar", async () => {
    const listing = execFileSync("tar", ["tf", "-"], { input: await dumped("/") }).toString();
    expect(listing.split("\n")).toHaveLength(11);
  });
});

describe("a folder as zip", () => {
  it("holds folders, files and links", async () => {
    const entries = readZip(await dumped("/", { archive: "zip" }));
    expect(entries.map(({ name }) => name)).toEqual([
      Buffer.from("dir/"),
      Buffer.from("dir/a"),
      encodeName(`dir/${badName}`),
      Buffer.from("dir/link"),
      Buffer.from(`dir/${longName}`),
      Buffer.from("dir/sub/"),
      Buffer.from("dir/sub/empty"),
      Buffer.from("file"),
    ]);
    expect(entries[1]?.content.toString()).toBe("hello world");
    expect(entries[1]?.mode).toBe(0o104750);
    expect(entries[3]?.content.toString()).toBe("a");
    expect(entries[3]?.mode).toBe(0o120777);
    expect(entries[7]?.content.length).toBe(200_190);
  });
});

/** Follows the directory at the end, as readers of zip files do. */
function readZip(bytes: Buffer): { name: Buffer; mode: number; content: Buffer }[] {
  const end = bytes.length - 22;
  expect(bytes.readUInt32LE(end)).toBe(0x06054b50);
  const entries = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let i = 0; i < bytes.readUInt16LE(end + 10); i++) {
    expect(bytes.readUInt32LE(at)).toBe(0x02014b50);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.subarray(at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    expect(bytes.readUInt32LE(local)).toBe(0x04034b50);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const stored = bytes.subarray(start, start + bytes.readUInt32LE(at + 20));
    const content = bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(stored) : stored;
    expect(content.length).toBe(bytes.readUInt32LE(at + 24));
    entries.push({ name, mode: bytes.readUInt16LE(at + 40), content });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  expect(at).toBe(end);
  return entries;
}

function hasTar(): boolean {
  try {
    execFileSync("tar", ["--version"]);
    return true;
  } catch {
    return false;
  }
}
