import type { Browser, BrowserContext, Page } from "playwright-core";
import type { FakeService, Scene as Held } from "./fake-service.mjs";

/** A page with something to see. */
export interface Scene {
  readonly name: string;
  /** What the service holds. */
  readonly scene: Held;
  readonly path: string;
  readonly loggedOut?: boolean;
  readonly runTime?: number;
  act?(page: Page): Promise<void>;
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
}

export declare const scenes: readonly Scene[];
export declare function fillMinio(
  page: Page,
  fields: { url: string; password: string; secretKey?: string },
): Promise<void>;
/** From the list of snapshots into a folder of the newest. */
export declare function openSnapshot(page: Page, folder: string): Promise<void>;
export declare function showScene(page: Page, service: FakeService, scene: Scene): Promise<void>;
export declare function openScene(
  browser: Browser,
  service: FakeService,
  scene: Scene,
  view: View,
): Promise<{ context: BrowserContext; page: Page }>;
