/** Starts the page of the marketplace's deployer. */
import { createApp } from "vue";
import App from "./deployer/deployer-app.vue";
import { adoptStyles } from "./look/style-sheets.js";
import { createLook } from "./look/theme.js";
import { rememberedTheme } from "./state/preferences.js";
import { askSession } from "./state/session.js";
import { beginLanguage } from "./texts/texts.js";

await Promise.all([beginLanguage(), askSession()]);
const app = createApp(App);
adoptStyles(app);
app.use(createLook(rememberedTheme())).mount("#app");
