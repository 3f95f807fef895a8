#!/usr/bin/env node
// The command `tastic`. Linked under the name `restic`, it says so in `restic version`.
import { main } from "../dist/main.js";

await main();
