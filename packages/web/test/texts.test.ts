/**
 * The words of the page: German says everything that English says, and both have words for everything that the service
 * may answer. What that is, is read from its sources and schemas.
 */
/// <reference lib="dom" />
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { english, type Texts } from "../src/english/english.js";
import { german } from "../src/german/german.js";
import { problemText, problemWords } from "../src/texts/problem-words.js";
import { language, texts, type Language } from "../src/texts/texts.js";

const packages = fileURLToPath(new URL("../..", import.meta.url));
const spoken: readonly (readonly [Language, Texts])[] = [
  ["en", english],
  ["de", german],
];

/** All sources of a package in one text. */
function sourcesOf(name: string): string {
  const folder = join(packages, name, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
}

function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].flatMap(([, word]) => (word === undefined ? [] : [word])))];
}

type Leaf = string | readonly string[] | ((...values: never[]) => string);

/** Every text by its keys, "runs.kind.backup". */
function leavesOf(value: object, path = ""): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const [key, one] of Object.entries(value) as [string, Leaf | object][]) {
    const at = path === "" ? key : `${path}.${key}`;
    if (typeof one === "string" || typeof one === "function" || Array.isArray(one))
      leaves.set(at, one as Leaf);
    else for (const [below, leaf] of leavesOf(one, at)) leaves.set(below, leaf);
  }
  return leaves;
}

/** A text with something filled in: once as for one of it, once for several. */
function filled(text: (...values: never[]) => string): string[] {
  return [1, 2].map((count) => {
    // What is counted comes first, and as a number where a text follows it in the language's own writing.
    const values = Array.from({ length: text.length }, (_, index) => (index === 0 ? count : `<${index}>`));
    return text(...(values as never[]));
  });
}

function speak(code: Language, words: Texts): void {
  language.value = code;
  texts.value = words;
}
afterEach(() => speak("en", english));

const threebot = sourcesOf("threebot");
const codes = [
  ...found(/export type ErrorCode =([\s\S]*?)\n\n/.exec(sourcesOf("errors"))?.[1] ?? "", /\| "([a-z-]+)"/g),
  ...found(threebot, /\bcode: "([a-z-]+)"/g),
  ...found(threebot, /\{ problem: "([a-z-]+)" \}/g),
];

describe("the words of the page", () => {
  const [englishLeaves, germanLeaves] = [leavesOf(english), leavesOf(german)];

  it("are all there in German, each of the same kind, with the same things to fill in", () => {
    expect(englishLeaves.size).toBeGreaterThan(400);
    expect([...germanLeaves.keys()].sort()).toEqual([...englishLeaves.keys()].sort());
    for (const [key, text] of englishLeaves) {
      const other = germanLeaves.get(key);
      expect(typeof other, key).toBe(typeof text);
      if (typeof text === "function") expect((other as () => string).length, key).toBe(text.length);
    }
    console.log(`${englishLeaves.size} texts in two languages, ${codes.length} codes of problems`);
  });

  it("say something, and are filled in wholly", () => {
    for (const leaves of [englishLeaves, germanLeaves]) {
      for (const [key, text] of leaves) {
        const said = typeof text === "string" ? [text] : typeof text === "function" ? filled(text) : text;
        for (const one of said) expect(one, key).toMatch(/\S/);
        for (const one of said) expect(one, key).not.toMatch(/undefined|NaN|\[object/);
        // A password's strength is told by the deployer in English, by the page in German.
        if (key !== "deployer.strengthHelp") expect(said.length, key).toBeGreaterThan(0);
      }
    }
  });

  it("are German where they are meant to be", () => {
    const same = [...englishLeaves].filter(
      ([key, text]) => typeof text === "string" && germanLeaves.get(key) === text,
    );
    // Names, and words that German has taken over.
    const shared =
      /^(3Bot (Backup|Deployer)|Marketplace|Minio|Backups?|Version(en|s)|Snapshot|Tags?|Name|Bucket|Webhook|Id|Token|smtps:.*|\d+)$/;
    expect(same.filter(([, text]) => !shared.test(text as string))).toEqual([]);
  });
});

describe("what the service may answer", () => {
  it("is found in its sources", () => {
    expect(codes).toEqual(
      expect.arrayContaining(["wrong-password", "internal", "interrupted", "shrunk", "mended"]),
    );
    expect(codes.length).toBeGreaterThan(30);
  });

  it.each(spoken)("has words for each code of a problem (%s)", (_, { common }) => {
    expect(codes.filter((code) => !Object.hasOwn(common.problem, code))).toEqual([]);
    // Words for what nobody says any more would be forgotten here; `name` is the page's own.
    expect(Object.keys(common.problem).filter((code) => code !== "name" && !codes.includes(code))).toEqual(
      [],
    );
  });

  it.each(spoken)("says of each what to do now (%s)", (_, { common }) => {
    expect(codes.filter((code) => !/\S/.test(common.problem[code]?.help ?? ""))).toEqual([]);
  });

  it("is never left in English on a German page: each code has its own words, the service's are a detail", () => {
    speak("de", german);
    const englishWords = new Set(Object.values(english.common.problem).flatMap(Object.values<string>));
    for (const code of codes) {
      const told = problemWords({ code, message: "in the service's words", guidance: "do this" });
      expect(told.detail, code).toBe("In the service's words. Do this.");
      for (const words of [told.sentence, told.help]) expect(englishWords.has(words ?? ""), code).toBe(false);
    }
  });

  it.each(spoken)("has words for each step of a run, and of a deployment (%s)", (_, { runs, deployer }) => {
    const steps = found(threebot, /\.step\([`"](\w[\w-]*)/g);
    expect(steps).toEqual(expect.arrayContaining(["open", "backup", "mend"]));
    expect(steps.filter((step) => !Object.hasOwn(runs.step, step))).toEqual([]);
    const [, list = ""] = /const step = v\.picklist\(\[([^\]]*)\]\)/.exec(threebot) ?? [];
    const deploying = found(list, /"([a-z-]+)"/g);
    expect(deploying.length).toBeGreaterThan(5);
    expect(["prepare", ...deploying].filter((step) => !Object.hasOwn(deployer.step, step))).toEqual([]);
  });

  it.each(spoken)("has words for each reason to keep a snapshot (%s)", (_, { snapshots }) => {
    const rules = found(/retentionSchema = [\s\S]*?\}\)/.exec(threebot)?.[0] ?? "", /(\w+): /g);
    expect(rules).toContain("daily");
    expect(rules.filter((rule) => !Object.hasOwn(snapshots.reason, rule))).toEqual([]);
  });
});

describe("a problem", () => {
  const problem = { code: "no-space", message: "the disk of backup1 is full", guidance: "Ask for more" };

  it("is told in the service's own words where they are of the page's language", () => {
    expect(problemText(problem)).toBe("The disk of backup1 is full. Ask for more.");
    expect(problemText({ code: "no-space", message: "" })).toBe(
      "There is no room left. Make room, or keep fewer snapshots.",
    );
    expect(problemText({ code: "of-tomorrow", message: "" })).toMatch(/went wrong inside the service/);
  });

  it("is told in the page's language, with the service's words as a detail, where they are of another", () => {
    speak("de", german);
    expect(problemWords(problem)).toEqual({
      sentence: "Es ist kein Platz mehr da.",
      help: expect.stringMatching(/Schaffen Sie Platz/) as string,
      detail: "The disk of backup1 is full. Ask for more.",
    });
    expect(problemWords({ code: "no-space", message: "" }).detail).toBeUndefined();
    expect(problemText({ code: "constructor", message: "" })).toMatch(/schiefgegangen/);
  });
});
