#!/usr/bin/env node
/**
 * npm run package: out/crossflow-TARGET.vsix for this platform, or for the targets named.
 *   node scripts/package.mjs [TARGET ...] [--all]
 * The same commit gives the same bytes on the same platform.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './lib/install.mjs';
import { TARGETS, stageNatives, thisTarget } from './lib/natives.mjs';
import { node, readJson, root } from './lib/project.mjs';

const args = process.argv.slice(2);
const targets = args.includes('--all') ? Object.keys(TARGETS) : args.filter((a) => !a.startsWith('--'));
if (targets.length === 0 && thisTarget()) targets.push(thisTarget());
const wrong = targets.find((t) => !(t in TARGETS));
if (wrong || targets.length === 0) {
  console.error(
    `no binaries for ${wrong ?? `${process.platform}-${process.arch}`}; there are: ${Object.keys(TARGETS).join(', ')}`,
  );
  process.exit(2);
}

ensureInstalled();
// vsce is installed only now.
const { createVSIX, listFiles, PackageManager } = (await import('@vscode/vsce')).default;
// A zip entry carries a local time.
process.env.TZ = 'UTC';
process.env.SOURCE_DATE_EPOCH ??= commitTime();

const bundles = path.join(root, 'out', 'dist');
node(['scripts/build.mjs', '--production', '--outdir', bundles]);
for (const target of targets) {
  const stage = path.join(root, 'out', 'stage', target);
  await stageFiles(target, stage);
  const packagePath = path.join(root, 'out', `crossflow-${target}.vsix`);
  await createVSIX({
    cwd: stage,
    target,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  rmSync(stage, { recursive: true });
  console.log(`${path.relative(root, packagePath)}  ${(statSync(packagePath).size / 1e6).toFixed(1)} MB`);
}

/** Lays out the content of the package: what .vscodeignore lets through, production bundles, natives of the target. */
async function stageFiles(target, stage) {
  rmSync(stage, { recursive: true, force: true });
  for (const file of await listFiles({ cwd: root, packageManager: PackageManager.None })) {
    if (!file.startsWith('dist/')) copy(path.join(root, file), path.join(stage, file));
  }
  for (const file of readdirSync(bundles, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const from = path.join(file.parentPath, file.name);
    copy(from, path.join(stage, 'dist', path.relative(bundles, from)));
  }
  stageNatives(target, path.join(stage, 'dist', 'node_modules'));
  const {
    scripts: _scripts,
    devDependencies: _dev,
    dependencies: _deps,
    private: _private,
    ...manifest
  } = readJson('package.json');
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  // Everything staged belongs in; vsce asks for a list all the same.
  writeFileSync(path.join(stage, '.vscodeignore'), '');
}

/** Copies with permissions that do not depend on whoever packages. */
function copy(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, path.relative(root, from).startsWith(`bin${path.sep}`) ? 0o755 : 0o644);
}

/** Seconds since 1970 of the commit at hand, which dates every entry of the package. */
function commitTime() {
  try {
    return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return '315532800'; // 1980-01-01, the first day a zip file knows
  }
}
