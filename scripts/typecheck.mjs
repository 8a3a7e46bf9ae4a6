#!/usr/bin/env node
/**
 * Type-checks each part under its own configuration: Node without the DOM, the panel without Node. TypeScript 7 takes a
 * third of the time; ESLint's rules still need TypeScript 6, which is why both are installed.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root, tryRun } from './lib/project.mjs';

const projects = ['.', 'webview', 'test/panel', 'test/e2e'];
const tsc = path.join(root, 'node_modules/typescript-native/bin/tsc');
let failed = 0;
for (const project of projects) {
  if (!existsSync(path.join(root, project, 'tsconfig.json'))) continue;
  if (tryRun(process.execPath, [tsc, '-p', project, '--noEmit']) !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
