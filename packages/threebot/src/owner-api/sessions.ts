/**
 * Who is logged in. A session is over after half an hour in which nothing was asked, after twelve hours in any case, and
 * at once when it is ended here, whatever cookie a browser still has. Only the hash of its secret is kept.
 */
import type { DocumentStore } from "@tastic/rest-server";
import * as v from "valibot";
import { Records } from "../state/records.js";
import { hashOfSecret, newRecordId, newSecret } from "./secret-token.js";

const record = v.object({
  id: v.string(),
  /** Milliseconds since 1970. */
  created: v.number(),
  seen: v.number(),
  address: v.string(),
  agent: v.string(),
});

export type Session = v.InferOutput<typeof record>;

export interface SessionsOptions {
  readonly documents: DocumentStore;
  readonly now: () => number;
}

const idle = 30 * 60_000;
const longest = 12 * 60 * 60_000;
/** Written down no more often than this. */
const pause = 60_000;
const maximumSessions = 100;

export class Sessions {
  readonly #records: Records<typeof record>;
  readonly #now: () => number;
  /** When each was last seen, by the hash of its secret. */
  readonly #seen = new Map<string, number>();

  constructor({ documents, now }: SessionsOptions) {
    this.#records = new Records(documents, "access-sessions", record);
    this.#now = now;
  }

  /** Returns the secret, for the cookie, and by which id it is spoken of. */
  async begin(address: string, agent: string): Promise<{ readonly id: string; readonly secret: string }> {
    await this.#sweep();
    const secret = newSecret();
    const now = this.#now();
    const session = { id: newRecordId(), created: now, seen: now, address, agent: agent.slice(0, 200) };
    await this.#records.update(hashOfSecret(secret), () => session);
    return { id: session.id, secret };
  }

  /** The session of a secret, unless it is over. @param touch it is used, and its half hour begins anew */
  async find(secret: string, touch: boolean): Promise<Session | undefined> {
    const hash = hashOfSecret(secret);
    const session = await this.#current(hash);
    if (session === undefined || !touch) return session;
    const now = this.#now();
    this.#seen.set(hash, now);
    if (now - session.seen < pause) return { ...session, seen: now };
    try {
      return await this.#records.update(hash, (old) => {
        // Ended since by another request: writing it would bring it back.
        if (old === undefined) throw new SessionEnded();
        return { ...old, seen: now };
      });
    } catch (error) {
      if (error instanceof SessionEnded) return undefined;
      throw error;
    }
  }

  async end(secret: string): Promise<void> {
    await this.#remove(hashOfSecret(secret));
  }

  /** @returns false if there is none of this id */
  async endById(id: string): Promise<boolean> {
    return (await this.#endWhere((session) => session.id === id)) > 0;
  }

  /** @param id of the one that stays */
  async endOthers(id: string | undefined): Promise<void> {
    await this.#endWhere((session) => session.id !== id);
  }

  /** Newest first. */
  async list(): Promise<Session[]> {
    const sessions: Session[] = [];
    for await (const hash of this.#records.names()) {
      const session = await this.#current(hash);
      if (session !== undefined) sessions.push(session);
    }
    return sessions.sort((a, b) => b.created - a.created);
  }

  /** Milliseconds since 1970 when it is over if nothing more is asked. */
  expiry({ created, seen }: Session): number {
    return Math.min(created + longest, seen + idle);
  }

  async #current(hash: string): Promise<Session | undefined> {
    const stored = await this.#records.read(hash);
    if (stored === undefined) return undefined;
    const session = { ...stored, seen: Math.max(stored.seen, this.#seen.get(hash) ?? 0) };
    if (this.#now() < this.expiry(session)) return session;
    await this.#remove(hash);
    return undefined;
  }

  async #endWhere(chosen: (session: Session) => boolean): Promise<number> {
    let ended = 0;
    for await (const hash of this.#records.names()) {
      const session = await this.#records.read(hash);
      if (session === undefined || !chosen(session)) continue;
      await this.#remove(hash);
      ended++;
    }
    return ended;
  }

  /** Takes away what is over, and the oldest of too many. */
  async #sweep(): Promise<void> {
    for (const session of (await this.list()).slice(maximumSessions - 1)) await this.endById(session.id);
  }

  async #remove(hash: string): Promise<void> {
    this.#seen.delete(hash);
    await this.#records.remove(hash);
  }
}

class SessionEnded extends Error {}
