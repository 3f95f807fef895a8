/**
 * What README.md and docs show is true: every command of their blocks runs, one after the other as a reader would type them,
 * with real stores; every program compiles and runs; and what is a file of tastic's is one that it takes.
 */
import { readFile, symlink, writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { parseFlags, type Flags } from "../packages/threebot/dist/command/flags.js";
import { marketplaceFlags } from "../packages/threebot/dist/command/marketplace.js";
import { listFlags, tokenFlags } from "../packages/threebot/dist/command/operator.js";
import { recoverFlags } from "../packages/threebot/dist/command/recover.js";
import { serveFlags } from "../packages/threebot/dist/command/serve.js";
import { shellFlags } from "../packages/threebot/dist/command/shell.js";
import { documentPassword, elsewhere, placed, placesOf } from "./support/document-places.js";
import {
  allDocuments,
  blocksOf,
  commandsOf,
  exampleOfSource,
  projectFolder,
  type Block,
  type ShownCommand,
} from "./support/documents.js";
import { describeWithCeph, describeWithRestic } from "./support/peers.js";
import { runProgram, succeed } from "./support/programs.js";
import { runCommands, scratchFor } from "./support/run-document.js";

const limit = 300_000;
const documents = await allDocuments();
const blocks = (await Promise.all(documents.map(blocksOf))).flat();
const shown = blocks.filter(({ language }) => language === "sh");

const threebotFlags = new Map<string, Flags>([
  ["list", listFlags],
  ["marketplace", marketplaceFlags],
  ["recover", recoverFlags],
  ["serve", serveFlags],
  ["shell", shellFlags],
  ["token", tokenFlags],
]);

/** Each command that does not run here, with why. */
const notHere = ({ text }: ShownCommand) => elsewhere.find(({ command }) => command.test(text));

/** What is run in the shell must not lead out of the scratch folder, and to no host but this one. */
function strayIn(text: string, folder: string): string[] {
  const words = [...text.matchAll(/(?<![\w.~}/:*-])\/[\w.][^\s'"]*/g)].map(([word]) => word);
  const hosts = [...text.matchAll(/\w+:\/\/(?:[^@/\s]*@)?([\w.-]+)/g)].map(([, host]) => host ?? "");
  return [
    ...words.filter((word) => !word.startsWith(folder) && word !== "/dev/null"),
    ...hosts.filter((host) => host !== "127.0.0.1"),
  ];
}

it("knows what kind of text each block is", () => {
  const known = new Set(["", "sh", "ts", "json", "toml", "ini", "nginx"]);
  expect(blocks.filter(({ language }) => !known.has(language))).toEqual([]);
  expect(shown.length).toBeGreaterThan(30);
  for (const { language, text } of blocks) if (language === "json") JSON.parse(text);
});

it("every command that does not run here is looked at all the same", async () => {
  const { scripts } = JSON.parse(await readFile(join(projectFolder, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const used = new Set<RegExp>();
  for (const command of shown.flatMap(commandsOf)) {
    const entry = notHere(command);
    if (entry === undefined) continue;
    used.add(entry.command);
    const words = command.text
      .replace(/\s#.*$/gm, "")
      .replaceAll("\\\n", " ")
      .split(/\s+/)
      .filter((word) => word !== "");
    switch (entry.looked) {
      case "script": {
        const script = words[1] === "run" ? words[2] : words[1];
        expect(Object.keys(scripts), command.place).toContain(script);
        break;
      }
      case "flags": {
        const [, name = "", ...args] = words;
        const flags = threebotFlags.get(name);
        if (flags === undefined) throw new Error(`${command.place}: there is no command ${name}`);
        parseFlags(args, flags);
        break;
      }
      case "syntax":
        succeed(await runProgram("bash", ["-n", "-c", command.text]));
        break;
      default:
        throw new Error(`${String(entry.looked)}?`);
    }
  }
  // What is in the list and in no document any more goes.
  expect(elsewhere.filter(({ command }) => !used.has(command))).toEqual([]);
});

describeWithRestic("the commands of the documents", () => {
  describeWithCeph("with real stores", () => {
    for (const document of documents) {
      const commands = shown
        .filter((block) => block.document === document)
        .flatMap(commandsOf)
        .filter((command) => notHere(command) === undefined);
      if (commands.length === 0) continue;
      it(
        `${document}: all ${commands.length} run`,
        async () => {
          const scratch = await scratchFor(document);
          for (const { place, text } of commands)
            expect([place, ...strayIn(placed(text, scratch), scratch.folder)]).toEqual([place]);
          const profiles = blocks.find((block) => block.document === document && block.language === "toml");
          const file = join(scratch.home, ".config", "tastic", "profiles.toml");
          if (profiles !== undefined) await writeFile(file, placed(profiles.text, scratch), { mode: 0o600 });
          const { outcome, lastPlace } = await runCommands(commands, scratch);
          if (outcome.code !== 0)
            throw new Error(
              `${lastPlace} ended with ${outcome.code ?? outcome.signal}\n${outcome.stdout}\n${outcome.stderr}`,
            );
          expect(lastPlace).toBe(commands.at(-1)?.place);
        },
        limit,
      );
    }
  });

  describeWithCeph("programs and files", () => {
    it(
      "every program compiles and runs",
      async () => {
        const examples = blocks.filter(({ language }) => language === "ts");
        examples.push(await exampleOfSource("packages/tastic/src/index.ts"));
        expect(examples.length).toBeGreaterThan(4);
        const scratch = await scratchFor("docs/guide/library.md");
        const folder = join(scratch.folder, "examples");
        await mkdir(folder);
        await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
        await writeFile(join(folder, "package.json"), '{"type":"module"}');
        const files: string[] = [];
        for (const [at, { text }] of examples.entries()) {
          const file = join(folder, `example-${at}.ts`);
          await writeFile(file, placed(text, scratch).replace('"secret"', JSON.stringify(documentPassword)));
          files.push(file);
        }
        expect(problemsOf(files, examples)).toEqual([]);
        for (const [at, { document, line }] of examples.entries()) {
          const { code, stdout, stderr } = await runProgram(
            process.execPath,
            [join(folder, `example-${at}.js`)],
            { cwd: folder, home: scratch.home, env: { BACKUP_PASSWORD: documentPassword }, timeout: 120_000 },
          );
          if (code !== 0) throw new Error(`${document}:${line} ended with ${code}\n${stdout}\n${stderr}`);
        }
      },
      limit,
    );

    it("every file of profiles is one", async () => {
      const files = blocks.filter(({ language }) => language === "toml");
      expect(files.length).toBeGreaterThan(1);
      const scratch = await scratchFor("README.md");
      for (const { document, line, text } of files) {
        const file = join(scratch.home, "profiles.toml");
        await writeFile(file, placed(text, scratch), { mode: 0o600 });
        const name = /^\[+(\w+)/m.exec(text)?.[1] ?? "";
        const commands = [
          {
            place: `${document}:${line}`,
            text: `tastic --profiles-file ~/profiles.toml profile show ${name}`,
          },
        ];
        succeed((await runCommands(commands, scratch)).outcome);
      }
    });
  });
});

it("every place of the table is in a document", () => {
  const all = blocks.map(({ text }) => text).join("\n");
  const nowhere = { folder: "", home: "", port: 0, operatorPort: 0 };
  const s3 = { endpoint: "", accessKeyId: "", secretAccessKey: "", bucket: "" };
  const places = placesOf({ ...nowhere, s3 }).map(([place]) => place);
  expect(places.filter((place) => !all.includes(place) && place !== "/home")).toEqual([]);
});

/** Compiles programs to JavaScript beside them, as the project is compiled; returns what is wrong with them. */
function problemsOf(files: readonly string[], examples: readonly Block[]): string[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts", "lib.es2024.arraybuffer.d.ts", "lib.es2024.string.d.ts"],
    module: ts.ModuleKind.NodeNext,
    types: ["node"],
    typeRoots: [join(projectFolder, "node_modules", "@types")],
    strict: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: true,
  });
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    const at = Number(/example-(\d+)/.exec(file?.fileName ?? "")?.[1]);
    const example = examples[at];
    if (file === undefined || example === undefined) return text;
    return `${example.document}:${example.line + file.getLineAndCharacterOfPosition(start).line}: ${text}`;
  });
}
