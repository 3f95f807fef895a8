#!/usr/bin/env node
// The command `tastic`, as scripts/bundle.mjs packs it. Linked under the name `restic`, it says so in `restic version`.
"use strict";
const nodeModule = require("node:module");
const path = require("node:path");

// Node keeps what it compiled beside the bundle (from 22.8 on; elsewhere, and where it cannot write, it compiles again).
// Not in the folder for temporary files, where others could leave code for us to run.
nodeModule.enableCompileCache?.(path.join(__dirname, "../bundle/compiled"));

// For stacks that name our sources. Not for everyone, as reading the source maps takes a while.
if (process.env.TASTIC_DEBUG || process.env.RESTIC_DEBUG) process.setSourceMapsEnabled(true);

void require("../bundle/main.js").main();
