/** A completion for zsh: commands and their flags with what they do, else files. */
import { nextWords } from "./described-commands.js";
import type { Described, DescribedFlag, DescribedWord } from "./described-commands.js";

export function zshCompletion(described: Described): string {
  const { program, commands, globalFlags } = described;
  const next = [...nextWords(described)];
  const steps = next.map(([before, words]) => {
    const patterns = words.map(({ word }) => `"${before} ${word}"`).join("|");
    return `      (${patterns}) command="${before === "" ? "" : `${before} `}$word" ;;`;
  });
  const choices = next.map(([before, words]) => `      ("${before}") found=(${entries(words)}) ;;`);
  const flags = commands.map(
    ({ name, flags: own }) => `      ("${name}") found=(${entries(flagWords(own))}) ;;`,
  );
  return `#compdef ${program}
_${program}() {
  local command="" word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$command $word" in
${steps.join("\n")}
    esac
  done
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$command" in
${flags.join("\n")}
    esac
    found+=(${entries(flagWords(globalFlags))})
    _describe -o flag found
  else
    case "$command" in
${choices.join("\n")}
    esac
    if (( \${#found} )); then _describe command found; else _files; fi
  fi
}
if [[ "\${funcstack[1]}" == "_${program}" ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function flagWords(flags: readonly DescribedFlag[]): DescribedWord[] {
  return flags.flatMap(({ long, short, help }) => [
    { word: long, help },
    ...(short === undefined ? [] : [{ word: short, help }]),
  ]);
}

function entries(words: readonly DescribedWord[]): string {
  return words.map(({ word, help }) => `'${`${word}:${help}`.replaceAll("'", String.raw`'\''`)}'`).join(" ");
}
