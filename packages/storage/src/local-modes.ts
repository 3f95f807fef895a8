/** The permissions of folders and files in a local repository: its owner's alone, or its group's too. */
import { stat } from "node:fs/promises";
import { join } from "node:path";

export interface Modes {
  readonly folder: number;
  readonly file: number;
}

const ownerOnly: Modes = { folder: 0o700, file: 0o600 };
const withGroup: Modes = { folder: 0o770, file: 0o660 };

/**
 * The modes to create with. As in restic, a config that its group may read says that the whole repository is shared
 * with the group.
 */
export async function modesOf(root: string): Promise<Modes> {
  try {
    const { mode } = await stat(join(root, "config"));
    return (mode & 0o040) === 0 ? ownerOnly : withGroup;
  } catch {
    // No config yet, or no access to it: the stricter choice. An operation that needs access reports the lack of it.
    return ownerOnly;
  }
}
