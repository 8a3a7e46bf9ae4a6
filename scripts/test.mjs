#!/usr/bin/env node
/**
 * npm test: installs, builds, and runs every suite that this machine can run. What it cannot run it names, with the
 * command that would make it possible. The last line is the count over all suites.
 *   node scripts/test.mjs [unit] [panel] [e2e] [engine, report or another folder of test/] [--strict] [--no-build] [--jobs=N]
 * --jobs=N: so many unit test files at a time; what measures time or watches processes is then less sure of itself.
 * --strict (continuous integration): a suite that cannot run, or a skipped test, is a failure.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled } from './lib/install.mjs';
import { findChromium, findVSCode, node, root, tryRun } from './lib/project.mjs';

/** Longest a suite may take before it counts as hanging, in milliseconds. */
const LIMIT = 25 * 60_000;
/** Every folder of test/ is a unit suite but these; so a new folder is never forgotten. slurm: npm run test:slurm. */
const OWN_SUITES = ['panel', 'e2e', 'slurm'];
const unitFolders = readdirSync(path.join(root, 'test')).filter((folder) => !OWN_SUITES.includes(folder));

const needsChromium = () =>
  !findChromium() && 'it needs Chromium:  apt-get install chromium  (or set CROSSFLOW_CHROMIUM)';
const needsVSCode = () => !findVSCode() && 'it needs a VS Code server:  bash scripts/install-vscode.sh';

const suites = {
  unit: { folders: unitFolders },
  panel: { folders: ['panel'], missing: needsChromium },
  e2e: {
    folders: ['e2e'],
    missing: () => needsChromium() || needsVSCode(),
    prepare: () => node(['scripts/package.mjs']),
  },
};

const args = process.argv.slice(2);
const strict = args.includes('--strict');
const jobs = args.find((a) => /^--jobs=[1-9]\d?$/.test(a))?.slice('--jobs='.length);
const asked = args.filter((a) => !a.startsWith('--'));
// One folder of the unit suite alone: what a change to one room of the house needs.
for (const folder of unitFolders) suites[folder] ??= { folders: [folder], alone: true };
const unknown = asked.find((name) => !(name in suites));
if (unknown) {
  console.error(`no suite or folder of test/ is named "${unknown}"; there are ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

ensureInstalled();
if (!args.includes('--no-build')) node(['scripts/build.mjs']);

const total = { passed: 0, failed: 0, skipped: 0 };
const notes = [];
const scratch = mkdtempSync(path.join(os.tmpdir(), 'crossflow-test-'));
try {
  const all = Object.keys(suites).filter((name) => !suites[name].alone);
  for (const name of asked.length > 0 ? asked : all) runSuite(name, suites[name]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const note of notes) console.log(note);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.exitCode = total.failed > 0 || (strict && total.skipped > 0) ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);

/** Runs one suite in a mocha of its own and adds its counts. */
function runSuite(name, { folders, missing, prepare }) {
  const files = folders.flatMap(testFiles);
  if (files.length === 0) return;
  const lacking = missing?.();
  if (lacking) {
    total.skipped += files.length;
    notes.push(`NOT RUN: ${name} (${files.length} test files): ${lacking}`);
    return;
  }
  prepare?.();
  console.log(`\n=== ${name}`);
  const counts = path.join(scratch, `${name}.json`);
  const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js');
  // Chromium and VS Code are there once.
  const parallel =
    jobs !== undefined && files.every((f) => !/^test.(panel|e2e)/.test(f)) ? ['--parallel', '--jobs', jobs] : [];
  const env = { ...process.env, CROSSFLOW_TEST_COUNTS: counts };
  const code = tryRun(process.execPath, [mocha, ...parallel, ...files], { env, timeout: LIMIT });
  if (!existsSync(counts)) {
    total.failed++;
    notes.push(`FAILED: ${name}: mocha ended with ${code} before it had run its tests`);
    return;
  }
  const { passed, failed, skipped, skippedTitles } = JSON.parse(readFileSync(counts, 'utf8'));
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  for (const title of skippedTitles) notes.push(`SKIPPED: ${title}`);
  if (code !== 0 && failed === 0) {
    total.failed++;
    notes.push(`FAILED: ${name}: mocha ended with ${code} although every test passed`);
  }
}

/** Test files below test/<folder>, in order. */
function testFiles(folder) {
  const where = path.join(root, 'test', folder);
  if (!existsSync(where)) return [];
  return readdirSync(where, { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .map((file) => path.join('test', folder, file));
}
