import type { Browser, BrowserContext, Page } from "playwright-core";
import type { FakeService, RunTime, Scene as Held } from "./fake-service.mjs";

/** A page with something to see. */
export interface Scene {
  readonly name: string;
  /** What the service holds. */
  readonly scene: Held;
  readonly path: string;
  readonly loggedOut?: boolean;
  readonly runTime?: RunTime;
  act?(page: Page): Promise<void>;
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
}

/** So long a step of a test may take, in milliseconds. */
export declare const patience: number;
export declare const scenes: readonly Scene[];
export declare function fillMinio(
  page: Page,
  fields: { url: string; password: string; secretKey?: string },
): Promise<void>;
/** From the list of snapshots into a folder of the newest. */
export declare function openSnapshot(page: Page, folder: string): Promise<void>;
/** Waits until the rows are those of this folder. */
export declare function folderShown(page: Page, folder: string): Promise<void>;
/** Waits until the expression is true in the page, whatever its policy says of evaluating texts. */
export declare function until(page: Page, expression: string): Promise<void>;
export declare function showScene(page: Page, service: FakeService, scene: Scene): Promise<void>;
export declare function openScene(
  browser: Browser,
  service: FakeService,
  scene: Scene,
  view: View,
): Promise<{ context: BrowserContext; page: Page }>;
