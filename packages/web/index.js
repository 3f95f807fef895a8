// Where the built pages are, for a service that serves them: `index.html` of a 3Bot, `deployer.html` of a marketplace.
import { fileURLToPath } from "node:url";

/** The folder of the built pages. All in `assets/` has its content's hash in its name, and may be kept for ever. */
export const pageFolder = fileURLToPath(new URL("./dist/", import.meta.url));
