/** Which native packages a platform needs, and which of their files. */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readJson, root, run } from './project.mjs';

/**
 * VS Code's name of each platform that ONNX Runtime, sharp and resvg all have binaries for; `ort` is ONNX Runtime's
 * folder, `only` the packages that exist for this platform alone.
 */
export const TARGETS = {
  'linux-x64': {
    ort: 'linux/x64',
    only: ['@img/sharp-linux-x64', '@img/sharp-libvips-linux-x64', '@resvg/resvg-js-linux-x64-gnu'],
  },
  'linux-arm64': {
    ort: 'linux/arm64',
    only: ['@img/sharp-linux-arm64', '@img/sharp-libvips-linux-arm64', '@resvg/resvg-js-linux-arm64-gnu'],
  },
  'darwin-arm64': {
    ort: 'darwin/arm64',
    only: ['@img/sharp-darwin-arm64', '@img/sharp-libvips-darwin-arm64', '@resvg/resvg-js-darwin-arm64'],
  },
  'win32-x64': { ort: 'win32/x64', only: ['@img/sharp-win32-x64', '@resvg/resvg-js-win32-x64-msvc'] },
  'win32-arm64': { ort: 'win32/arm64', only: ['@img/sharp-win32-arm64', '@resvg/resvg-js-win32-arm64-msvc'] },
};

/** The same on every platform. adm-zip and global-agent serve onnxruntime-node's install script alone. */
const EVERYWHERE = [
  'onnxruntime-node',
  'onnxruntime-common',
  'sharp',
  '@img/colour',
  'detect-libc',
  'semver',
  '@resvg/resvg-js',
];

/** This machine's target; undefined where there is none. */
export const thisTarget = () => {
  const name = `${process.platform}-${process.arch}`;
  return name in TARGETS ? name : undefined;
};

/** Copies what `target` needs at run time into `folder` (a node_modules). */
export function stageNatives(target, folder) {
  for (const name of [...EVERYWHERE, ...TARGETS[target].only]) {
    const from = packageFolder(name, target);
    for (const inside of filesFor(target, name, from)) {
      const to = path.join(folder, name, inside);
      mkdirSync(path.dirname(to), { recursive: true });
      copyFileSync(path.join(from, inside), to);
      chmodSync(to, 0o644);
    }
  }
}

/** Files of a package, which lies in `from`, that `target` needs at run time. */
export function filesFor(target, name, from) {
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => path.relative(from, path.join(file.parentPath, file.name)).split(path.sep).join('/'))
    .filter((file) => neededAtRunTime(name, file, TARGETS[target].ort));
}

function neededAtRunTime(name, file, ort) {
  if (/(^|\/)node_modules\//.test(file)) return false;
  if (/^(licen[cs]e|notice|copying|thirdparty)/i.test(path.basename(file))) return true;
  // The readme of a libvips package is where the licences of what it links are stated.
  if (name.startsWith('@img/sharp-libvips') && file === 'README.md') return true;
  if (name === 'onnxruntime-node') {
    // Of the two equal libraries for macOS only the one that the binding loads.
    if (file.startsWith('bin/')) return file.startsWith(`bin/napi-v6/${ort}/`) && !/\.\d+\.\d+\.\d+\.dylib$/.test(file);
    return file === 'package.json' || /^dist\/.*\.js$/.test(file);
  }
  if (name === 'onnxruntime-common') return file === 'package.json' || /^dist\/cjs\/.*\.(js|json)$/.test(file);
  if (name === 'sharp') return file === 'package.json' || /^dist\/.*\.cjs$/.test(file);
  if (name === 'semver') return /\.(js|json)$/.test(file) && !file.startsWith('bin/');
  return /\.(c?js|json|node|dll|dylib)$/.test(file) || /\.so(\.\d+)*$/.test(file);
}

/** Where a package lies: in node_modules, or, for another platform, fetched once into out/natives. */
function packageFolder(name, target) {
  const installed = path.join(root, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const { version, integrity } = readJson('package-lock.json').packages[`node_modules/${name}`];
  const folder = path.join(root, 'out', 'natives', `${name.replace('/', '+')}-${version}`);
  if (existsSync(path.join(folder, 'package', 'package.json'))) return path.join(folder, 'package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`fetching ${name} ${version} for ${target}`);
  const shell = process.platform === 'win32';
  run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder], {
    shell,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const tarball = path.join(folder, readdirSync(folder)[0]);
  const hash = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (hash !== integrity) {
    rmSync(folder, { recursive: true });
    throw new Error(`${name} ${version}: what was fetched is not what package-lock.json names (${hash})`);
  }
  run('tar', ['-xzf', tarball, '-C', folder]);
  rmSync(tarball);
  return path.join(folder, 'package');
}
