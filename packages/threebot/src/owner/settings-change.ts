/** Settings as the owner sees and changes them: passwords go in and never come out again. */
import { TasticError } from "@tastic/errors";
import * as v from "valibot";
import { parseSafeUrl } from "../copies/safe-url.js";
import { expandPath } from "../runs/sources.js";
import type { OwnerState } from "./owner-state.js";
import type { Settings } from "./service.js";
import { settingsRecord, type SettingsRecord } from "./state-schemas.js";

export function shownSettings(record: SettingsRecord): Settings {
  const { smtpUrl, smtpUser, smtpPassword, from, to, webhook, ping, weeklyReport } = record.notifications;
  return {
    ...record,
    notifications: {
      smtpUrl,
      smtpUser,
      smtpPasswordSet: smtpPassword !== undefined,
      from,
      to,
      webhook,
      ping,
      weeklyReport,
    },
  };
}

export type SettingsChange = Partial<Settings> & { readonly smtpPassword?: string | undefined };

/** @throws TasticError invalid-argument, access-denied for addresses that are never asked */
export async function changeSettings(
  state: OwnerState,
  home: string,
  change: SettingsChange,
): Promise<SettingsRecord> {
  return state.changeSettings((old) => checked({ ...merged(state, old, change) }, home));
}

function merged(
  state: OwnerState,
  old: SettingsRecord,
  { smtpPassword, ...change }: SettingsChange,
): SettingsRecord {
  const { notifications, ...others } = change;
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  const { smtpPasswordSet, ...channels } = notifications ?? { smtpPasswordSet: undefined };
  const sealed =
    smtpPassword === undefined
      ? smtpPasswordSet === false
        ? undefined
        : old.notifications.smtpPassword
      : smtpPassword === ""
        ? undefined
        : state.seal("notifications/smtp-password", smtpPassword);
  const next = { ...old.notifications, ...channels, smtpPassword: sealed };
  return { ...old, ...given, notifications: next } as SettingsRecord;
}

function checked(settings: SettingsRecord, home: string): SettingsRecord {
  const parsed = v.safeParse(settingsRecord, settings);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new TasticError("invalid-argument", `the setting ${v.getDotPath(issue) ?? ""} is not valid`, {
      guidance: issue.message,
    });
  }
  const { paths, retention, notifications } = parsed.output;
  for (const path of paths) expandPath(path, home);
  if (paths.length === 0)
    throw new TasticError("invalid-argument", "nothing would be backed up without any path");
  if (Object.values(retention).every((count) => count === 0)) {
    throw new TasticError("invalid-argument", "a retention that keeps nothing would remove every snapshot", {
      guidance: "Keep at least one by some rule.",
    });
  }
  const { webhook, ping, smtpUrl, to, from } = notifications;
  if (webhook) parseSafeUrl(webhook, "the webhook's URL");
  if (ping) parseSafeUrl(ping, "the ping's URL");
  if (smtpUrl) parseSmtpUrl(smtpUrl);
  for (const address of [...to, ...(from ? [from] : [])]) {
    if (!/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(address))
      throw new TasticError(
        "invalid-argument",
        `${JSON.stringify(address.slice(0, 100))} is no mail address`,
      );
  }
  return parsed.output;
}

/** @throws TasticError invalid-argument */
export function parseSmtpUrl(text: string): {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
} {
  const match = /^(smtps?):\/\/([^\s/?#@:[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?\/?$/i.exec(text.trim());
  if (match === null) {
    throw new TasticError("invalid-argument", "the mail server is not written as it has to be", {
      guidance: 'Write "smtps://host:465" or "smtp://host:587"; user and password have fields of their own.',
    });
  }
  const [, scheme = "", host = "", port] = match;
  const secure = scheme.toLowerCase() === "smtps";
  // The same check as for every URL, of the host.
  parseSafeUrl(`https://${host}/`, "the mail server");
  return {
    secure,
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: port === undefined ? (secure ? 465 : 587) : Number(port),
  };
}
