/** A completion for bash: commands, their flags, else files. */
import { nextWords } from "./described-commands.js";
import type { Described, DescribedFlag } from "./described-commands.js";

export function bashCompletion(described: Described): string {
  const { program, commands, globalFlags } = described;
  const next = [...nextWords(described)];
  const steps = next.map(([before, words]) => {
    const patterns = words.map(({ word }) => `"${before} ${word}"`).join(" | ");
    return `      ${patterns}) command="${before === "" ? "" : `${before} `}$word" ;;`;
  });
  const choices = next.map(
    ([before, words]) => `    "${before}") words="${words.map(({ word }) => word).join(" ")}" ;;`,
  );
  const flags = commands.map(({ name, flags: own }) => `    "${name}") flags="${names(own)}" ;;`);
  return `# bash completion for ${program}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" words="" flags="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
${steps.join("\n")}
    esac
  done
  case "$command" in
${choices.join("\n")}
  esac
  case "$command" in
${flags.join("\n")}
  esac
  if [[ $current == -* ]]; then words="$flags ${names(globalFlags)}"; fi
  COMPREPLY=()
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$current")
}
complete -o default -F _${program} ${program}
`;
}

function names(flags: readonly DescribedFlag[]): string {
  return flags.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short])).join(" ");
}
