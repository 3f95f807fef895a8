/** restic's options of a storage, as `-o rest.connections=3` gives them: known names, and numbers that are some. */
import { TasticError } from "@tastic/errors";

/** Values by full name, such as "rest.connections". */
export type ExtendedOptions = Readonly<Record<string, string>>;

/**
 * The options of one storage by their names without the storage's own; those of other storages are passed over.
 *
 * @throws TasticError invalid-argument for an option that this storage does not have
 */
export function extendedOptionsOf<Name extends string>(
  storage: string,
  names: readonly Name[],
  extended: ExtendedOptions,
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const [fullName, value] of Object.entries(extended)) {
    if (!fullName.startsWith(`${storage}.`)) continue;
    const name = names.find((known) => fullName === `${storage}.${known}`);
    if (name === undefined) {
      throw new TasticError("invalid-argument", `option ${fullName} is not known`, {
        guidance: `There is ${names.map((known) => `${storage}.${known}`).join(", ")}.`,
        data: { option: fullName },
      });
    }
    found[name] = value;
  }
  return found;
}

/** How many operations at once. @throws TasticError invalid-argument unless it is a whole number from 1 on */
export function parseConnections(option: string, value: string): number {
  const count = /^[0-9]{1,6}$/.test(value) ? Number(value) : 0;
  if (count >= 1) return count;
  throw new TasticError("invalid-argument", `option ${option}: "${value}" is no number of connections`, {
    guidance: "Give a whole number from 1 on.",
    data: { option },
  });
}
