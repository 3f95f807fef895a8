/**
 * How hard a password is to guess, by what people choose and how guessing is done (zxcvbn). It is the only way back to the
 * backups, and whoever operates a server can try guesses at leisure.
 */
import { TasticError } from "@tastic/errors";

export interface Strength {
  /** 0 to 4. */
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly guidance: string;
  /** Good enough for a new 3Bot. */
  readonly enough: boolean;
}

export const minimumLength = 12;
const maximumLength = 256;
/** Ten thousand million guesses, each of which takes half a second. */
const enough = 4;

/** Loaded when it is needed: its dictionaries take 20 MB. */
let loaded: Promise<(password: string, own: string[]) => Rated> | undefined;

interface Rated {
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly feedback: { readonly warning: string | null; readonly suggestions: readonly string[] };
}

/** @param own words that everybody would try first, such as the 3Bot's name */
export async function strengthOf(password: string, own: readonly string[] = []): Promise<Strength> {
  if (password.length < minimumLength) {
    return {
      score: 0,
      guidance: `Give at least ${minimumLength} characters: four words that have nothing to do with each other make a good password.`,
      enough: false,
    };
  }
  if (password.length > maximumLength)
    return { score: 0, guidance: `Give at most ${maximumLength} characters.`, enough: false };
  loaded ??= load();
  const { score, feedback } = (await loaded)(password, [...own]);
  const advice = [feedback.warning ?? "", ...feedback.suggestions].filter((text) => text !== "").join(" ");
  const usual =
    score >= enough
      ? "A good password. Write it down: nobody can reset it."
      : "Add another word or two that have nothing to do with the others.";
  return { score, guidance: advice === "" ? usual : advice, enough: score >= enough };
}

/** @throws TasticError invalid-argument for one that is too easy to guess */
export async function checkStrength(password: string, own: readonly string[]): Promise<void> {
  const { enough: good, guidance } = await strengthOf(password, own);
  if (!good) throw new TasticError("invalid-argument", "this password is too easy to guess", { guidance });
}

async function load(): Promise<(password: string, own: string[]) => Rated> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
    import("@zxcvbn-ts/language-en"),
  ]);
  const factory = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
  });
  return (password, own) => factory.check(password, own);
}
