/** What holds until the owner says otherwise. */
import type { SettingsRecord } from "./state-schemas.js";

export const defaultSettings: SettingsRecord = {
  paths: ["~/.config/jumpscale", "~/sandbox/var/downloaded_packages", "~/sandbox/code/playground", "~/.ssh"],
  excludes: [],
  automatic: { marketplace: true, minio: false },
  everyHours: 24,
  // The original kept the last 20 and nothing else: what was broken for three weeks was lost.
  retention: { last: 20, daily: 7, weekly: 5, monthly: 12, yearly: 0 },
  overdueDays: 2,
  drillDays: 7,
  notifications: { to: [], weeklyReport: false },
};
