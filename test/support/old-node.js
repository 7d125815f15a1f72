"use strict";
// Makes a process take its Node.js for an older one (`node --require`).
Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });
