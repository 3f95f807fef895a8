export declare const hostileNames: readonly string[];
export declare const folderOfMany: string;
export declare const manyFiles: number;
export declare function daysOf(now: number): { day: string; result: "good" | "failed" | "none" }[];
export declare function sizesOf(now: number): { time: string; source: number; stored: number }[];
