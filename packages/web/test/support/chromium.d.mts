import type { Browser } from "playwright-core";

/** Undefined if there is none. */
export declare const chromiumPath: string | undefined;
export declare function startChromium(): Promise<Browser>;
