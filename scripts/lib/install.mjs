/** Makes node_modules what package-lock.json says, so that a fresh clone needs no step of its own. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readJson, root, run } from './project.mjs';

/** Why node_modules of a project is not what its lock file says, or undefined when it is. */
export function staleReason(folder = root) {
  // npm writes this file last, so an interrupted install counts as none.
  const installed = path.join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return 'packages are not installed yet';
  const want = readJson(path.join(folder, 'package-lock.json')).packages;
  const have = readJson(installed).packages;
  for (const [place, wanted] of Object.entries(want)) {
    if (place === '') continue;
    // Optional packages are mostly builds for other platforms.
    if (!(place in have)) {
      if (wanted.optional || wanted.devOptional || wanted.peer) continue;
      return `${place} is missing`;
    }
    if (have[place].version !== wanted.version) return `${place} is ${have[place].version}, not ${wanted.version}`;
  }
  return undefined;
}

/** Runs `npm ci` when it is needed, and only then. */
export function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Crossflow needs Node 20.19 or newer; this is ${process.versions.node} (${process.execPath}).`);
    process.exit(2);
  }
  const reason = staleReason();
  if (!reason) return;
  console.log(`Installing packages: ${reason}.`);
  // npm started us, most likely; then it says where it is. A .js file needs Node in front of it.
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) run(process.execPath, [npm, 'ci']);
  else run('npm', ['ci'], { shell: process.platform === 'win32' });
}
