"use strict";
// Makes a process report an older version of Node.js (`node --require`).
Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });
