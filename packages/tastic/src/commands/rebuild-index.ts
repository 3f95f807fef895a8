/** `rebuild-index`: what `repair index` was called before. */
import { defineCommand } from "../command.js";
import { command as repairIndex } from "./repair-index.js";

export const command = defineCommand({
  ...repairIndex,
  async run(context, invocation) {
    context.output.error('Command "rebuild-index" is deprecated, Use "repair index" instead');
    await repairIndex.run(context, invocation);
  },
});
