/** What this browser remembers: language and colours. */
import type { ThemeChoice } from "../look/theme.js";

export function remembered(key: "language" | "theme"): string | undefined {
  try {
    return localStorage.getItem(`3bot-backup.${key}`) ?? undefined;
  } catch {
    // Storage may be switched off; then the browser's own wishes hold.
    return undefined;
  }
}

export function remember(key: "language" | "theme", value: string): void {
  try {
    localStorage.setItem(`3bot-backup.${key}`, value);
  } catch {
    // As above: it holds until the page is closed.
  }
}

export function rememberedTheme(): ThemeChoice {
  const theme = remembered("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}
