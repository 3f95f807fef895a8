export declare const hostileNames: readonly string[];
export declare const folderOfMany: string;
export declare const manyFiles: number;
