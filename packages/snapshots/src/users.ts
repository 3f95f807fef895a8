/**
 * Names of users and groups, which nodes record beside the numbers (restic's design, "Trees and Data"). Node has no
 * call for them, so they come from /etc/passwd and /etc/group; whoever is not in there has no name.
 */
import { readFileSync } from "node:fs";

/** Names by number. */
export interface UserNames {
  /** The name of a user; empty where there is none. */
  userName(uid: number): string;
  /** The name of a group; empty where there is none. */
  groupName(gid: number): string;
}

/** Numbers by name: for restoring ownership on a system that counts differently. */
export interface UserIds {
  /** The number of a user. */
  userId(name: string): number | undefined;
  /** The number of a group. */
  groupId(name: string): number | undefined;
}

interface Names {
  readonly byId: Map<number, string>;
  readonly byName: Map<string, number>;
}

/** Reads lines of fields separated by colons, the third of which is the number. The first line for a name or number counts. */
function parseNames(text: string, fieldCount: number): Names {
  const names: Names = { byId: new Map(), byName: new Map() };
  for (const line of text.split("\n")) {
    const fields = line.trim().split(":");
    const [name = "", , number = ""] = fields;
    // Lines with + or - stand for what a network's directory adds.
    if (fields.length < fieldCount || name === "" || /^[#+-]/.test(name) || !/^\d{1,10}$/.test(number))
      continue;
    const id = Number(number);
    if (!names.byId.has(id)) names.byId.set(id, name);
    if (!names.byName.has(name)) names.byName.set(name, id);
  }
  return names;
}

/**
 * Names and numbers of users and groups. What is malformed counts as not there.
 * @param passwd text as in /etc/passwd
 * @param group text as in /etc/group
 */
export function createUserNames(passwd: string, group: string): UserNames & UserIds {
  const users = parseNames(passwd, 6);
  const groups = parseNames(group, 4);
  return {
    userName: (uid) => users.byId.get(uid) ?? "",
    groupName: (gid) => groups.byId.get(gid) ?? "",
    userId: (name) => users.byName.get(name),
    groupId: (name) => groups.byName.get(name),
  };
}

/** A system without such a file, or one that hides it, has no names for us. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The names of this system, read once, now. */
export function loadUserNames(): UserNames & UserIds {
  return createUserNames(readIfThere("/etc/passwd"), readIfThere("/etc/group"));
}
