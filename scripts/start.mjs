#!/usr/bin/env node
/**
 * npm start: from a fresh clone to curves, tables and figures of a real model, then to the example in VS Code.
 *   node scripts/start.mjs [--no-editor]
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureInstalled } from './lib/install.mjs';
import { node, onPath, root, tryRun } from './lib/project.mjs';

/** A data set run on the embedded model, and one question to look at in the editor. */
const DATASET = 'examples/dataset.flow.json';
const QUESTION = 'examples/star.flow.json';

ensureInstalled();
node(['scripts/build.mjs']);

console.log(`\nRunning ${DATASET} on the embedded model.\n`);
const code = tryRun(process.execPath, ['dist/cli.js', 'run', DATASET]);
if (code !== 0) process.exit(code);

console.log(`\nOne question, as JSON:  node dist/cli.js run ${QUESTION} --json`);
if (!process.argv.includes('--no-editor')) openEditor();

/** Opens the example in a window of its own with the extension from this folder; nothing is installed for good. */
function openEditor() {
  const code = onPath('code', 'code-insiders', 'codium');
  if (!code) {
    console.log(
      '\nVS Code is not on the PATH. To see the example there, make the extension with\n' +
        '  npm run package\n' +
        'install the .vsix it names (Extensions view, "...", "Install from VSIX"), and open ' +
        QUESTION +
        '.',
    );
    return;
  }
  const args = [`--extensionDevelopmentPath=${root}`, path.join(root, 'examples'), path.join(root, QUESTION)];
  // The command only hands over to the editor, and returns; without a display it fails, which must not fail the start.
  const { status } = spawnSync(code, args, { stdio: 'ignore', timeout: 20_000, shell: process.platform === 'win32' });
  if (status === 0) console.log(`\nOpened ${QUESTION} in VS Code.`);
  else console.log(`\nVS Code did not open. By hand: ${[path.basename(code), ...args].join(' ')}`);
}
