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

export const route: Route = readonly(current);

function parse(): MutableRoute {
  const [path = "", search = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [page = "", ...words] = path.split("/").map(decoded);
  const pairs = search.split("&").map((pair) => pair.split("=").map(decoded));
  const query = Object.fromEntries(pairs.map(([key = "", ...rest]) => [key, rest.join("=")]));
  return { page, words, query };
}

/** The address of a page. */
export function to(
  words: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encoded(value)}`],
  );
  return `#/${words.map(encoded).join("/")}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`;
}

export function go(words: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): void {
  location.hash = to(words, query);
}

/** Through JSON, in which halves of characters, as names have for bytes that are not UTF-8, survive. */
function encoded(text: string): string {
  return encodeURIComponent(JSON.stringify(text).slice(1, -1));
}

function decoded(text: string): string {
  try {
    const value: unknown = JSON.parse(`"${decodeURIComponent(text)}"`);
    return typeof value === "string" ? value : "";
  } catch {
    // Typed by hand.
    return text;
  }
}

addEventListener("hashchange", () => Object.assign(current, parse()));
