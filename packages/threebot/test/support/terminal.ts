/** A terminal for tests of the command: what was printed is kept, what is typed is given beforehand. */
import { PassThrough } from "node:stream";

export function createTerminal({
  typed = "",
  variables = {},
}: { typed?: string; variables?: Record<string, string> } = {}) {
  const printed = { out: "", err: "" };
  const input = new PassThrough();
  input.end(typed);
  const stop = new AbortController();
  const output = new PassThrough();
  output.setEncoding("utf8").on("data", (text: string) => (printed.out += text));
  return {
    printed,
    stop,
    terminal: {
      variables: { ...variables } as NodeJS.ProcessEnv,
      input,
      output,
      out: (text: string): void => void (printed.out += text),
      err: (text: string): void => void (printed.err += text),
      signal: stop.signal,
    },
  };
}
