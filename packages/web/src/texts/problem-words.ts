/**
 * What went wrong, in the language of the page. The service says it in English; a page in another language has a sentence
 * of its own for each code, and shows what the service said, which is more particular, as a detail.
 */
import { sentenceOf } from "./sentence.js";
import { texts } from "./texts.js";

export interface AnyProblem {
  readonly code: string;
  readonly message: string;
  readonly guidance?: string | undefined;
}

export interface ProblemWords {
  readonly sentence: string;
  /** What to do now. */
  readonly help: string | undefined;
  /** The service's own words, in English; undefined where they are the sentence. */
  readonly detail: string | undefined;
}

export function problemWords({ code, message, guidance }: AnyProblem): ProblemWords {
  const { errors, problem } = texts.value.common;
  if (code === "unreachable")
    return { sentence: errors.unreachable, help: errors.unreachableHelp, detail: undefined };
  const said = [message, guidance ?? ""].filter((text) => text !== "").map(sentenceOf);
  const own = Object.hasOwn(problem, code) ? problem[code] : undefined;
  if (own !== undefined)
    return { sentence: own.sentence, help: own.help, detail: said.length === 0 ? undefined : said.join(" ") };
  const [sentence = errors.internal, help = code === "internal" ? errors.internalHelp : undefined] = said;
  return { sentence, help, detail: undefined };
}

/** All of it in one text. */
export function problemText(problem: AnyProblem): string {
  const { sentence, help = "" } = problemWords(problem);
  return help === "" ? sentence : `${sentence} ${help}`;
}
