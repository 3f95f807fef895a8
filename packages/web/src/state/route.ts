/**
 * Which page is shown: the part of the address after the `#`, such as `#/snapshots/minio/1a2b?path=/home`. The service
 * needs to know nothing of it, and going back works as everywhere.
 */
import { reactive, readonly } from "vue";

export interface Route {
  /** The first word of the path; "" is home. */
  readonly page: string;
  /** The words after it. */
  readonly words: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

interface MutableRoute {
  page: string;
  words: string[];
  query: Record<string, string>;
}

const current = reactive<MutableRoute>(parse());

export const route: Route = readonly(current) as Route;

function parse(): MutableRoute {
  const [path = "", search = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [page = "", ...words] = path.split("/").map(decoded);
  return { page, words, query: Object.fromEntries(new URLSearchParams(search)) };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

/** The address of a page. */
export function to(
  words: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  const search = new URLSearchParams(given).toString();
  return `#/${words.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}

export function go(words: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): void {
  location.hash = to(words, query);
}

addEventListener("hashchange", () => Object.assign(current, parse()));
