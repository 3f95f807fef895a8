/** `profile show`: what a profile holds, but for its secrets. */
import { defineCommand } from "../command.js";
import { chosenProfile } from "../profiles/chosen-profile.js";

export const command = defineCommand({
  usage: "[flags] NAME",
  description: "Shows what a profile holds, if all of it makes sense. Secrets are not shown.",
  flags: {},
  async run(context, { args }) {
    const { output } = context;
    const { file, profile } = await chosenProfile(context, args);
    const { withoutSecrets } = await import("../profiles/profiles-file.js");
    const table = withoutSecrets(file.profiles[profile.name] ?? {});
    if (output.json) return output.value({ name: profile.name, file: file.place.file, profile: table });
    const { stringify } = await import("smol-toml");
    output.result(`# ${file.place.file}`);
    output.result(stringify({ [profile.name]: table }).trimEnd());
  },
});
