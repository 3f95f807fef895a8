/**
 * The server's own log: one JSON object for each line, for programs that gather logs. Who calls it passes names, sizes
 * and ids, never headers, bodies, passwords or tokens.
 */
export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A log of everything from `least` on. `write` gets whole lines. */
export function createJsonLog(write: (line: string) => void, least: LogLevel = "info"): Log {
  return logOf((level, message, fields) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  });
}

/** The same for people, as rest-server prints it: the message, and what it is about. */
export function createTextLog(write: (line: string) => void, least: LogLevel = "info"): Log {
  return logOf((level, message, fields = {}) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const about = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
    const more = about.map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join("");
    const mark = level === "info" ? "" : `${level}: `;
    write(`${mark}${oneLine(message)}${more}\n`);
  });
}

export const silentLog: Log = logOf(() => undefined);

function logOf(write: (level: LogLevel, message: string, fields?: LogFields) => void): Log {
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
  };
}

/** Names come from clients: they do not get to write lines of their own, or to a terminal. */
function oneLine(text: string): string {
  const escape = (c: string): string => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, escape);
}
