/**
 * Hooks: what a profile has the shell do before a command, after it, and when it failed. They learn what goes on from
 * variables, and what they print goes to standard error, since standard output belongs to the command.
 */
import { messageOf } from "@tastic/errors";
import { spawn } from "node:child_process";
import type { Context } from "../command.js";
import { exitCodeOf } from "../exit-code.js";
import { fatal, textOf } from "../text-error.js";
import type { Hooks } from "./profile.js";

type HookName = "before" | "after" | "on-failure";

/** What is run, for hooks to know. */
export interface HookedCommand {
  readonly profile: string;
  readonly command: string;
  readonly hooks: Hooks;
}

/**
 * Runs `work` between hooks. One before it that fails keeps it from running; one after it that fails makes the command
 * fail that was well so far; one on failure changes nothing.
 */
export async function withHooks(
  context: Context,
  hooked: HookedCommand,
  work: () => Promise<void>,
): Promise<void> {
  const { hooks, command } = hooked;
  try {
    await runHooks(context, hooked, "before", hooks.before, {});
    await work();
  } catch (error) {
    const { signal } = context;
    const code = signal.aborted ? 130 : exitCodeOf(error);
    const facts = { TASTIC_HOOK_EXIT_CODE: String(code), TASTIC_HOOK_ERROR: textOf(error) };
    try {
      await runHooks(
        { ...context, signal: new AbortController().signal },
        hooked,
        "on-failure",
        hooks.onFailure,
        facts,
      );
    } catch (second) {
      context.output.error(textOf(second));
    }
    throw error;
  }
  try {
    await runHooks(context, hooked, "after", hooks.after, { TASTIC_HOOK_EXIT_CODE: "0" });
  } catch (error) {
    throw fatal(`\`${command}\` is done, but ${messageOf(error).replace(/^Fatal: /, "")}`, { cause: error });
  }
}

async function runHooks(
  context: Context,
  { profile, command }: HookedCommand,
  name: HookName,
  lines: readonly string[],
  facts: Readonly<Record<string, string>>,
): Promise<void> {
  const env = {
    ...context.environment.all,
    TASTIC_HOOK: name,
    TASTIC_HOOK_PROFILE: profile,
    TASTIC_HOOK_COMMAND: command,
    ...facts,
  };
  for (const line of lines) {
    context.signal.throwIfAborted();
    context.output.flush();
    const failure = await runShell(line, env, context.signal);
    context.signal.throwIfAborted();
    if (failure === undefined) continue;
    throw fatal(`the hook ${name} of the profile ${profile} failed: ${failure}`, {
      code: "invalid-argument",
    });
  }
}

/** Resolves with how it failed, or undefined. */
function runShell(
  line: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(line, { shell: true, env, stdio: ["ignore", 2, 2], windowsHide: true });
    const stop = (): void => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    const end = (failure: string | undefined): void => {
      signal.removeEventListener("abort", stop);
      resolve(failure);
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, killed) =>
      end(code === 0 ? undefined : killed === null ? `exit status ${code}` : `signal ${killed}`),
    );
  });
}
