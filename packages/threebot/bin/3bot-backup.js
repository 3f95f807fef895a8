#!/usr/bin/env node
// The command `3bot-backup`.
import { runProcess } from "../dist/command/process.js";

await runProcess();
