/** The operations on files that we need of SFTP, and three of OpenSSH's extensions where the server has them. */
import { packetType, PacketWriter, openFlag, statusCode, type Attributes } from "./packet.js";
import type { Reply, SftpSession } from "./session.js";
import { isStatus } from "./sftp-status.js";

export type Handle = Uint8Array;

export interface Entry {
  readonly name: string;
  readonly attributes: Attributes;
}

// What every server takes in one packet; OpenSSH's tell when they take more.
const commonLength = 32 * 1024;
const wantedLength = 255 * 1024;

export class RemoteFiles {
  readonly #session: SftpSession;
  /** How many bytes one request may read, and write. */
  readLength = commonLength;
  writeLength = commonLength;

  constructor(session: SftpSession) {
    this.#session = session;
  }

  /** Asks the server for its bounds, where it tells them. */
  async learnLimits(): Promise<void> {
    if (!this.#session.extensions.has("limits@openssh.com")) return;
    const { payload } = await this.#extended("limits@openssh.com", new PacketWriter());
    payload.uint64(); // of a packet
    const [read, write] = [payload.uint64(), payload.uint64()];
    if (read >= commonLength) this.readLength = Math.min(read, wantedLength);
    if (write >= commonLength) this.writeLength = Math.min(write, wantedLength);
  }

  async openToRead(path: string): Promise<Handle> {
    return this.#open(path, openFlag.read, undefined);
  }

  /** Makes a file that must not exist. */
  async create(path: string, mode: number): Promise<Handle> {
    return this.#open(path, openFlag.write | openFlag.create | openFlag.exclusive, mode);
  }

  async read(handle: Handle, offset: number, length: number): Promise<Uint8Array> {
    const payload = new PacketWriter().string(handle).uint64(offset).uint32(length);
    const reply = expect(await this.#session.request(packetType.read, payload), packetType.data);
    return reply.payload.bytes();
  }

  async write(handle: Handle, offset: number, bytes: Uint8Array): Promise<void> {
    const payload = new PacketWriter().string(handle).uint64(offset).uint32(bytes.length);
    await this.#session.request(packetType.write, payload, bytes);
  }

  async close(handle: Handle): Promise<void> {
    await this.#session.request(packetType.close, new PacketWriter().string(handle));
  }

  async sizeOf(handle: Handle): Promise<number | undefined> {
    const reply = await this.#session.request(packetType.fstat, new PacketWriter().string(handle));
    return expect(reply, packetType.attributes).payload.attributes().size;
  }

  async setMode(handle: Handle, mode: number): Promise<void> {
    await this.#session.request(packetType.fsetstat, new PacketWriter().string(handle).attributes(mode));
  }

  /** Brings the file's bytes to the server's disk, where the server can say that it does. */
  async sync(handle: Handle): Promise<void> {
    if (!this.#session.extensions.has("fsync@openssh.com")) return;
    await this.#extended("fsync@openssh.com", new PacketWriter().string(handle));
  }

  async stat(path: string): Promise<Attributes> {
    const reply = await this.#session.request(packetType.stat, new PacketWriter().string(path));
    return expect(reply, packetType.attributes).payload.attributes();
  }

  async makeFolder(path: string, mode: number): Promise<void> {
    await this.#session.request(packetType.mkdir, new PacketWriter().string(path).attributes(mode));
  }

  async remove(path: string): Promise<void> {
    await this.#session.request(packetType.remove, new PacketWriter().string(path));
  }

  /** Can a file take the place of another in one step? */
  get canReplace(): boolean {
    return this.#session.extensions.get("posix-rename@openssh.com") === "1";
  }

  /** Gives a file a name that something else may have, which is gone then. Only where `canReplace`. */
  async replace(from: string, to: string): Promise<void> {
    await this.#extended("posix-rename@openssh.com", new PacketWriter().string(from).string(to));
  }

  /** Gives a file a name that nothing may have. */
  async rename(from: string, to: string): Promise<void> {
    await this.#session.request(packetType.rename, new PacketWriter().string(from).string(to));
  }

  /** The bytes that this user may still write where `path` is, if the server tells. */
  async freeBytes(path: string): Promise<number | undefined> {
    if (!this.#session.extensions.has("statvfs@openssh.com")) return undefined;
    const { payload } = await this.#extended("statvfs@openssh.com", new PacketWriter().string(path));
    payload.uint64(); // block size
    const fragment = payload.uint64();
    payload.uint64(); // blocks
    payload.uint64(); // free for root
    return fragment * payload.uint64();
  }

  /** What is in a folder, in no particular order. */
  async readFolder(path: string): Promise<Entry[]> {
    const opened = await this.#session.request(packetType.opendir, new PacketWriter().string(path));
    const handle = Uint8Array.from(expect(opened, packetType.handle).payload.bytes());
    try {
      const entries: Entry[] = [];
      for (;;) {
        const more = await this.#readMore(handle);
        if (more === undefined) return entries;
        entries.push(...more);
      }
    } finally {
      await this.close(handle);
    }
  }

  /** The next entries of an open folder; undefined when there are no more. */
  async #readMore(handle: Handle): Promise<Entry[] | undefined> {
    const request = this.#session.request(packetType.readdir, new PacketWriter().string(handle));
    const reply = await request.catch((error: unknown) => {
      if (isStatus(error, statusCode.endOfFile)) return undefined;
      throw error;
    });
    if (reply === undefined) return undefined;
    const { payload } = expect(reply, packetType.name);
    const entries: Entry[] = [];
    for (let count = payload.uint32(); count > 0; count--) {
      const name = payload.string();
      payload.bytes(); // as ls would show it
      entries.push({ name, attributes: payload.attributes() });
    }
    return entries;
  }

  async #open(path: string, flags: number, mode: number | undefined): Promise<Handle> {
    const payload = new PacketWriter().string(path).uint32(flags).attributes(mode);
    const reply = expect(await this.#session.request(packetType.open, payload), packetType.handle);
    return Uint8Array.from(reply.payload.bytes());
  }

  #extended(name: string, payload: PacketWriter): Promise<Reply> {
    return this.#session.request(packetType.extended, new PacketWriter().string(name).append(payload));
  }
}

function expect(reply: Reply, type: number): Reply {
  if (reply.type === type) return reply;
  throw new Error(`the server answers with packet ${reply.type} where ${type} belongs`);
}
