/** Messages of the service begin small and end without a point; on the page they are sentences. */
import { shownName } from "./shown-name.js";

export function sentenceOf(message: string): string {
  const text = shownName(message);
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…:]$/.test(text) ? "" : ".");
}
