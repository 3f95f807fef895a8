/** Two folders, one for each tool, that get the same commands: both must say the same, and leave the same behind. */
import { expect } from "vitest";
import { expectSameOutcomes, maskIds, maskStored } from "../cli-side-by-side.js";
import type { CompareOptions } from "../cli-side-by-side.js";
import { makeCheapRepository } from "./cheap-repository.js";
import { runRestic, temporaryFolder } from "./peers.js";
import type { Outcome, RunOptions } from "./peers.js";
import { runTasticMostlyHere } from "./run-here.js";
import { describeRepository } from "./repository-after.js";
import type { DescribeOptions } from "./repository-after.js";
import { writeFiles } from "./trees.js";
import type { Files } from "./trees.js";

/** The content of the folder `src` beside the twins, if nothing else is asked for. */
const SOURCE: Files = {
  "src/a": "hello\n",
  "src/sub/b": "world\n",
  "src/sub/new\nline": "odd\n",
  "src/empty": null,
  "src/link": { link: "a" },
};

export interface TwinOptions extends CompareOptions {
  /** As of `describeRepository`; false where nothing can be said of what is left. */
  readonly after?: DescribeOptions | false;
}

export class CommandTwins {
  /** Where both run; `twin-restic` and `twin-tastic` are below it. */
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async create(files: Files = SOURCE): Promise<CommandTwins> {
    const home = await temporaryFolder();
    await writeFiles(home, { ...files, "twin-restic": null, "twin-tastic": null });
    return new CommandTwins(home);
  }

  /** Both with a repository that costs nothing to open. */
  static async withRepositories(files?: Files): Promise<CommandTwins> {
    const both = await CommandTwins.create(files);
    await Promise.all(both.folders.map((folder) => makeCheapRepository(`${folder}/repo`)));
    return both;
  }

  get folders(): readonly [string, string] {
    return [`${this.home}/twin-restic`, `${this.home}/twin-tastic`];
  }

  /**
   * Runs a command in both and expects the same of them; `TWIN` in an argument or a variable is a folder that each has for
   * itself.
   * @returns what restic did
   */
  async run(args: readonly string[], options: TwinOptions = {}): Promise<Outcome> {
    const [restic, tastic] = await Promise.all(
      [runRestic, runTasticMostlyHere].map((program, at) =>
        this.#one(program, this.folders[at]!, args, options),
      ),
    );
    const mask = (text: string): string => (options.mask ?? maskAll)(text).replaceAll(/\/twin-\w+/g, "/twin");
    expectSameOutcomes(restic!, tastic!, { ...options, mask });
    const { after = {} } = options;
    if (after !== false) {
      const [wanted, found] = await Promise.all(
        this.folders.map((folder) => describeRepository(`${folder}/repo`, after)),
      );
      expect(found, args.join(" ")).toEqual(wanted);
    }
    return restic!;
  }

  #one(
    program: (args: readonly string[], options: RunOptions) => Promise<Outcome>,
    folder: string,
    args: readonly string[],
    options: RunOptions,
  ): Promise<Outcome> {
    const own = (text: string): string => text.replace("TWIN", folder);
    const env = Object.entries(options.env ?? {}).map(
      ([name, value]) => [name, value && own(value)] as const,
    );
    return program(args.map(own), {
      repo: `${folder}/repo`,
      cwd: this.home,
      ...options,
      env: Object.fromEntries(env),
    });
  }
}

function maskAll(text: string): string {
  return maskIds(maskStored(text));
}
