/** Documents whose rows have numbers, and the tests that carry these in their names. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { expect } from "vitest";

const root = join(import.meta.dirname, "..", "..");

async function testFiles(): Promise<string[]> {
  const packages = await readdir(join(root, "packages"), { withFileTypes: true });
  const folders = packages
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join("packages", name, "test"));
  const found: string[] = [];
  for (const folder of ["test", ...folders].filter((one) => existsSync(join(root, one)))) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries)
      if (entry.isFile() && entry.name.endsWith(".test.ts")) found.push(join(entry.parentPath, entry.name));
  }
  return found.sort();
}

/** `it`, `it.each(…)`, `describeWithCeph` and so on: what gives a test or a group of tests its name. */
function isTestCall({ expression }: ts.CallExpression): boolean {
  let callee: ts.Expression = expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && /^(?:it|test|describe\w*)$/.test(callee.text);
}

/** The names of tests in a file; comments and other texts are none. */
function namesOf(source: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const [first] = ts.isCallExpression(node) && isTestCall(node) ? node.arguments : [];
    if (first !== undefined && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first)))
      names.push(ts.isTemplateExpression(first) ? first.head.text : first.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** Of "threat": "threat 5", "threats 7, 25 and 28", "threat 33, threat 38". */
function numbersIn(name: string, word: string): number[] {
  const pattern = new RegExp(`\\b${word}s? (\\d+(?:(?:, | and )\\d+)*)`, "g");
  return [...name.matchAll(pattern)].flatMap(([, list = ""]) => list.split(/\D+/).map(Number));
}

/**
 * Expects of a table in a document that its rows are numbered from 1 to `count`, that each has a test with `word` and its
 * number in its name, and that no test has a number that is in no row. Returns how many tests there are.
 */
export async function expectTestsOfRows(document: string, word: string, count: number): Promise<number> {
  const table = await readFile(join(root, "docs", document), "utf8");
  const rows = [...table.matchAll(/^\| (\d+) +\| (.*?) +\|/gm)].map(([, number, title]) => ({
    number: Number(number),
    title,
  }));
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  const tests = new Map<number, number>();
  const files = await testFiles();
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) {
    const text = await readFile(file, "utf8");
    if (!text.includes(word)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, false);
    for (const number of namesOf(source).flatMap((name) => numbersIn(name, word)))
      tests.set(number, (tests.get(number) ?? 0) + 1);
  }
  expect(rows.filter(({ number }) => !tests.has(number))).toEqual([]);
  // A number that is in no row is a mistake in a name.
  expect([...tests.keys()].filter((number) => !rows.some((row) => row.number === number))).toEqual([]);
  return [...tests.values()].reduce((sum, all) => sum + all, 0);
}
