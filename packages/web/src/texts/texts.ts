/**
 * The words of the page. English is loaded with it, German when it is wanted. A text with something to fill in is a
 * function, so that a language has its own order of words and its own plurals, and a missing text is an error of types.
 */
import { shallowRef } from "vue";
import { english, type Texts } from "../english/english.js";
import { remember, remembered } from "../state/preferences.js";

export type Language = "en" | "de";

export const languages: readonly { readonly code: Language; readonly name: string }[] = [
  { code: "en", name: "English" },
  { code: "de", name: "Deutsch" },
];

export const language = shallowRef<Language>("en");
export const texts = shallowRef<Texts>(english);

/** Before the page is drawn: what was chosen before, or the browser's language. */
export async function beginLanguage(): Promise<void> {
  const wanted = remembered("language") ?? navigator.language.slice(0, 2);
  await apply(wanted === "de" ? "de" : "en");
}

export async function chooseLanguage(code: Language): Promise<void> {
  remember("language", code);
  await apply(code);
}

async function apply(code: Language): Promise<void> {
  texts.value = code === "de" ? (await import("../german/german.js")).german : english;
  language.value = code;
  document.documentElement.lang = code;
}
