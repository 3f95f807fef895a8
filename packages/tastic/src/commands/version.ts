/** `version`: what this is, and what it runs on. */
import { defineCommand } from "../command.js";
import { programName } from "../program.js";
import { RESTIC_VERSION, TASTIC_VERSION } from "../version.js";

/** Node's names of systems and processors as Go has them, for programs that read the JSON. */
const GO_NAMES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", win32: "windows" };

export const command = defineCommand({
  usage: "[flags]",
  description: "Prints the version of this program, and of the restic that it is compatible with.",
  flags: {},
  async run({ output }) {
    const { platform, arch, version } = process;
    const asRestic = programName() === "restic";
    if (output.json) {
      output.value({
        message_type: "version",
        version: asRestic ? RESTIC_VERSION : TASTIC_VERSION,
        go_version: `node${version.replace(/^v/, "")}`,
        go_os: GO_NAMES[platform] ?? platform,
        go_arch: GO_NAMES[arch] ?? arch,
        tastic_version: TASTIC_VERSION,
        restic_version: RESTIC_VERSION,
        node_version: version,
      });
      return;
    }
    const name = asRestic
      ? `restic ${RESTIC_VERSION} (tastic ${TASTIC_VERSION})`
      : `tastic ${TASTIC_VERSION} (compatible with restic ${RESTIC_VERSION})`;
    output.result(`${name} node ${version} on ${platform}/${arch}`);
  },
});
