/**
 * The variables that the command looks at: each variable of restic, and the same with TASTIC_ in front, which comes
 * first, also where it is empty.
 */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #secrets: Readonly<Record<string, string>>;

  /** @param secrets by name without prefix: come first, and no program that we start gets to know them */
  constructor(
    variables: Readonly<Record<string, string | undefined>> = process.env,
    secrets: Readonly<Record<string, string>> = {},
  ) {
    this.#variables = variables;
    this.#secrets = secrets;
  }

  /** `get("REPOSITORY")`: the value of TASTIC_REPOSITORY, else that of RESTIC_REPOSITORY. Empty counts as not set. */
  get(name: string): string | undefined {
    const value =
      this.#secrets[name] ?? this.#variables[`TASTIC_${name}`] ?? this.#variables[`RESTIC_${name}`];
    return value === "" ? undefined : value;
  }

  /** Frames of progress in a second, if the user wants a certain number. At most 60. */
  get progressRate(): number | undefined {
    const rate = Number(this.get("PROGRESS_FPS"));
    return Number.isFinite(rate) && rate > 0 ? Math.min(rate, 60) : undefined;
  }

  /** Show where in the program an error came from. */
  get debug(): boolean {
    return (this.#variables["TASTIC_DEBUG"] ?? "") !== "";
  }

  /** Everything by restic's names, for those who look for these: what TASTIC_X says is said of RESTIC_X. */
  get resticNames(): Readonly<Record<string, string | undefined>> {
    const own = Object.entries(this.#variables)
      .filter(([name]) => name.startsWith("TASTIC_"))
      .map(([name, value]) => [name.replace("TASTIC_", "RESTIC_"), value] as const);
    return { ...this.#variables, ...Object.fromEntries(own) };
  }

  /** Everything, for programs that we start and for variables in pattern files. */
  get all(): Readonly<Record<string, string | undefined>> {
    return this.#variables;
  }
}
