/**
 * What went wrong, in the language of the page, which has a sentence for each code. The service says it in English and
 * more particularly: a page in English shows that, and a page in another language shows it as a detail.
 */
import { sentenceOf } from "./sentence.js";
import { language, texts } from "./texts.js";

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
  const own = Object.hasOwn(problem, code) ? problem[code] : undefined;
  const [sentence, help] = [message, guidance].map((text) => (text ? sentenceOf(text) : undefined));
  if (language.value === "en" || own === undefined)
    return {
      sentence: sentence ?? own?.sentence ?? problem["internal"]!.sentence,
      help: help ?? own?.help,
      detail: undefined,
    };
  const detail = [sentence, help].filter((text) => text !== undefined).join(" ");
  return { sentence: own.sentence, help: own.help, detail: detail === "" ? undefined : detail };
}

/** All of it in one text. */
export function problemText(problem: AnyProblem): string {
  const { sentence, help = "" } = problemWords(problem);
  return help === "" ? sentence : `${sentence} ${help}`;
}
