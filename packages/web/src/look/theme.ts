/**
 * Vuetify with the colours of the page. One accent, which also means that all is well; amber and red are kept for what
 * wants attention. Every pair has a contrast of at least 4.5:1.
 */
import { createVuetify, type ThemeDefinition } from "vuetify";
import { aliases, mdi } from "vuetify/iconsets/mdi-svg";

const light: ThemeDefinition = {
  dark: false,
  colors: {
    background: "#f6f7f5",
    surface: "#ffffff",
    "surface-variant": "#e7ebe8",
    "on-surface-variant": "#1a211f",
    primary: "#0b6e5f",
    secondary: "#4a5753",
    success: "#0b6e5f",
    info: "#3d5a66",
    warning: "#8a5200",
    error: "#b3261e",
    "on-background": "#1a211f",
    "on-surface": "#1a211f",
  },
};

const dark: ThemeDefinition = {
  dark: true,
  colors: {
    background: "#101413",
    surface: "#191f1d",
    "surface-variant": "#2b3330",
    "on-surface-variant": "#e3e8e5",
    primary: "#6cd4c0",
    secondary: "#b3bfba",
    success: "#6cd4c0",
    info: "#a8c7d4",
    warning: "#f0bf72",
    error: "#ffb4ab",
    "on-primary": "#00372e",
    "on-success": "#00372e",
    "on-warning": "#3f2a00",
    "on-error": "#690005",
    "on-background": "#e3e8e5",
    "on-surface": "#e3e8e5",
  },
};

export type ThemeChoice = "system" | "light" | "dark";

export function createLook(choice: ThemeChoice): ReturnType<typeof createVuetify> {
  return createVuetify({
    theme: { defaultTheme: choice, themes: { light, dark } },
    icons: { defaultSet: "mdi", aliases, sets: { mdi } },
    defaults: {
      // Nothing moves that says nothing.
      global: { ripple: false },
      VBtn: { variant: "flat", color: "primary" },
      VCard: { variant: "flat" },
      VTextField: { variant: "outlined", density: "comfortable", color: "primary", hideDetails: "auto" },
      VTextarea: { variant: "outlined", density: "comfortable", color: "primary", hideDetails: "auto" },
      VSwitch: { color: "primary", density: "comfortable", hideDetails: true, inset: true },
      VCheckbox: { color: "primary", hideDetails: true },
      VRadioGroup: { color: "primary", hideDetails: true },
      VProgressLinear: { color: "primary", rounded: true, height: 8 },
      VDialog: { maxWidth: 560 },
    },
  });
}
