/**
 * Headers of the tar format: POSIX.1-1988 "ustar", and before it, where a name, a size or an owner does not fit or
 * there are extended attributes, a "pax" header (IEEE Std 1003.1-2001, pax, "pax Interchange Format").
 *
 * Names and values are bytes throughout: a file's name need not be UTF-8.
 */

export const TAR_BLOCK = 512;

/** Type flags of ustar. */
export const TAR_FILE = "0";
export const TAR_SYMLINK = "2";
export const TAR_CHARACTER_DEVICE = "3";
export const TAR_BLOCK_DEVICE = "4";
export const TAR_FOLDER = "5";
export const TAR_FIFO = "6";
const PAX = "x";

export interface TarEntry {
  readonly type: string;
  /** Relative, folders with a slash at the end. */
  readonly name: Uint8Array;
  /** Permissions with setuid, setgid and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  /** Bytes of content that follow. */
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  readonly linkTarget?: Uint8Array;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
  /** Extended attributes by name. */
  readonly attributes?: readonly { readonly name: string; readonly value: Uint8Array }[];
}

const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;
const USER_LENGTH = 31;
const MAX_ID = 0o7777777;
const MAX_SIZE = 0o77777777777;

/** The header blocks of an entry, in front of its content. */
export function encodeTarHeader(entry: TarEntry): Uint8Array {
  const records: Buffer[] = [];
  const split = splitName(entry.name);
  if (split === undefined) records.push(paxRecord("path", entry.name));
  if (entry.linkTarget !== undefined && !fits(entry.linkTarget, NAME_LENGTH)) {
    records.push(paxRecord("linkpath", entry.linkTarget));
  }
  const numbers = [
    ["uid", entry.uid, MAX_ID],
    ["gid", entry.gid, MAX_ID],
    ["size", entry.size, MAX_SIZE],
    ["mtime", entry.mtime, MAX_SIZE],
  ] as const;
  for (const [key, value, most] of numbers) {
    if (value < 0 || value > most) records.push(paxRecord(key, Buffer.from(String(value))));
  }
  for (const [key, name] of [
    ["uname", entry.userName],
    ["gname", entry.groupName],
  ] as const) {
    if (!fits(Buffer.from(name), USER_LENGTH)) records.push(paxRecord(key, Buffer.from(name)));
  }
  for (const { name, value } of entry.attributes ?? [])
    records.push(paxRecord(`SCHILY.xattr.${name}`, value));
  const header = ustarHeader(
    entry,
    split ?? { prefix: EMPTY, name: Buffer.from(entry.name).subarray(0, NAME_LENGTH) },
  );
  if (records.length === 0) return header;
  const body = Buffer.concat(records);
  const paxHeader = ustarHeader(
    { ...PLAIN, type: PAX, size: body.length },
    {
      prefix: EMPTY,
      name: Buffer.concat([Buffer.from("PaxHeaders.0/"), lastName(entry.name)]).subarray(0, NAME_LENGTH),
    },
  );
  return Buffer.concat([paxHeader, body, tarPadding(body.length), header]);
}

/** The zeros that fill up the last block of `size` bytes of content. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);
}

/** What ends an archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * TAR_BLOCK);
}

const EMPTY = Buffer.alloc(0);
const PLAIN = { name: EMPTY, mode: 0o644, uid: 0, gid: 0, userName: "", groupName: "", size: 0, mtime: 0 };

/** ustar says nothing of the encoding of names: what is not ASCII goes into a pax header, which does. */
function fits(text: Uint8Array, length: number): boolean {
  return text.length <= length && text.every((byte) => byte > 0 && byte < 0x80);
}

function splitName(bytes: Uint8Array): { prefix: Buffer; name: Buffer } | undefined {
  const name = Buffer.from(bytes);
  if (fits(name, NAME_LENGTH)) return { prefix: EMPTY, name };
  if (!fits(name, PREFIX_LENGTH + 1 + NAME_LENGTH)) return undefined;
  // At a slash, the one at the end of a folder's name excepted.
  const slash = name.lastIndexOf("/", Math.min(PREFIX_LENGTH, name.length - 2));
  if (slash <= 0 || name.length - slash - 1 > NAME_LENGTH) return undefined;
  return { prefix: name.subarray(0, slash), name: name.subarray(slash + 1) };
}

function lastName(name: Uint8Array): Buffer {
  const text = Buffer.from(name)
    .toString("latin1")
    .replace(/[^\x21-\x7e]/g, "_")
    .replace(/\/$/, "");
  return Buffer.from(text.slice(text.lastIndexOf("/") + 1));
}

/** "LENGTH KEY=VALUE\n", where the length counts itself. */
function paxRecord(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function ustarHeader(entry: TarEntry, { prefix, name }: { prefix: Buffer; name: Buffer }): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, most: number, offset: number, digits: number): void => {
    block.write((value < 0 || value > most ? 0 : value).toString(8).padStart(digits, "0"), offset);
  };
  name.copy(block, 0);
  octal(entry.mode, 0o7777, 100, 7);
  octal(entry.uid, MAX_ID, 108, 7);
  octal(entry.gid, MAX_ID, 116, 7);
  octal(entry.size, MAX_SIZE, 124, 11);
  octal(entry.mtime, MAX_SIZE, 136, 11);
  block.write(entry.type, 156);
  if (entry.linkTarget !== undefined) Buffer.from(entry.linkTarget).copy(block, 157, 0, NAME_LENGTH);
  block.write("ustar\x0000", 257, "latin1");
  const userName = Buffer.from(entry.userName);
  const groupName = Buffer.from(entry.groupName);
  if (fits(userName, USER_LENGTH)) userName.copy(block, 265);
  if (fits(groupName, USER_LENGTH)) groupName.copy(block, 297);
  octal(entry.deviceMajor ?? 0, MAX_ID, 329, 7);
  octal(entry.deviceMinor ?? 0, MAX_ID, 337, 7);
  prefix.copy(block, 345);
  // The checksum is over the block with spaces in its own place.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
