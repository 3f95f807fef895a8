/** `options`: what `-o` knows. */
import { defineCommand } from "../command.js";
import { extendedOptions } from "../extended-options.js";

export const command = defineCommand({
  usage: "[flags]",
  description: "Lists the options of stores, which -o sets.",
  flags: {},
  async run({ output }) {
    const width = Math.max(...Object.keys(extendedOptions).map((name) => name.length));
    output.result("All Extended Options:");
    for (const [name, help] of Object.entries(extendedOptions)) {
      output.result(`  ${name.padEnd(width)}  ${help}`);
    }
  },
});
