/** All texts in English. The other languages have the same shape. */
import { common } from "./common.js";
import { deployer } from "./deployer.js";
import { entry } from "./entry.js";
import { home } from "./home.js";
import { places } from "./places.js";
import { recovery } from "./recovery.js";
import { runs } from "./runs.js";
import { settings } from "./settings.js";
import { snapshots } from "./snapshots.js";

export const english = {
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

export type Texts = typeof english;
