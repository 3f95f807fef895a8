/** The folder of the built pages. All in `assets/` has its content's hash in its name, and may be kept for ever. */
export declare const pageFolder: string;
