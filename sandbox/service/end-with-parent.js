"use strict";

// Loaded before a process of the local service (`node -r`): it ends when its standard input does, however its
// parent ends.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.stdin.unref?.();
