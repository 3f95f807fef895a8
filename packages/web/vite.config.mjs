// Builds the two pages. Everything they need is in `dist/`: nothing comes from elsewhere, and nothing is inline, so that
// both work below a Content Security Policy that allows only files of the service itself.
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import vuetify from "vite-plugin-vuetify";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: "public",
  plugins: [vue({ features: { optionsAPI: false } }), vuetify()],
  build: {
    target: ["chrome111", "firefox114", "safari16.4"],
    // A picture inside a style sheet would be a `data:` address, which the policy refuses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    license: { fileName: "LICENSES-packed.md" },
    // One style sheet, whose order does not depend on what was opened first.
    cssCodeSplit: false,
    rolldownOptions: {
      checks: { bundlerTimings: false, pluginTimings: false },
      input: { index: "index.html", deployer: "deployer.html" },
      // What both pages begin with is one file in place of thirty.
      output: { codeSplitting: { groups: [{ name: "base", tags: ["$initial"], minShareCount: 2 }] } },
    },
  },
  worker: { format: "es" },
});
