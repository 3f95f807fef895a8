/** Alle Texte auf Deutsch, geladen, wenn sie gewünscht sind. */
import type { Texts } from "../english/english.js";
import { common } from "./common.js";
import { deployer } from "./deployer.js";
import { entry } from "./entry.js";
import { home } from "./home.js";
import { places } from "./places.js";
import { recovery } from "./recovery.js";
import { runs } from "./runs.js";
import { settings } from "./settings.js";
import { snapshots } from "./snapshots.js";

export const german: Texts = {
  common,
  entry,
  home,
  places,
  snapshots,
  recovery,
  runs,
  settings,
  deployer,
};
