/** A completion for PowerShell: commands and their flags with what they do, else files. */
import { nextWords } from "./described-commands.js";
import type { Described, DescribedFlag, DescribedWord } from "./described-commands.js";

export function powershellCompletion(described: Described): string {
  const { program, commands, globalFlags } = described;
  const next = [...nextWords(described)].map(([before, words]) => `    ${quoted(before)} = ${table(words)}`);
  const flags = commands.map(({ name, flags: own }) => `    ${quoted(name)} = ${table(flagWords(own))}`);
  return `# PowerShell completion for ${program}
Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $next = @{
${next.join("\n")}
  }
  $flags = @{
${flags.join("\n")}
  }
  $all = ${table(flagWords(globalFlags))}
  $command = ''
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
  foreach ($word in $words) {
    if ($next.ContainsKey($command) -and $next[$command].Contains("$word")) { $command = "$command $word".Trim() }
  }
  $choices = if ($wordToComplete.StartsWith('-')) { $flags[$command], $all } else { $next[$command] }
  foreach ($choice in $choices) {
    if ($null -eq $choice) { continue }
    foreach ($entry in $choice.GetEnumerator()) {
      if ($entry.Key.StartsWith($wordToComplete)) {
        [System.Management.Automation.CompletionResult]::new($entry.Key, $entry.Key, 'ParameterValue', $entry.Value)
      }
    }
  }
}
`;
}

function flagWords(flags: readonly DescribedFlag[]): DescribedWord[] {
  return flags.map(({ long, help }) => ({ word: long, help }));
}

function table(words: readonly DescribedWord[]): string {
  return `[ordered]@{ ${words.map(({ word, help }) => `${quoted(word)} = ${quoted(help)}`).join("; ")} }`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
