import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { minVersion, satisfies } from 'semver';
import { staleReason } from '../../scripts/lib/install.mjs';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Packages that a module asks for, by name. */
const imports = (code: string): string[] =>
  [...code.matchAll(/^import (?:.*? from )?'([^']+)'/gm)].map((m) => m[1]).filter((name) => !/^(\.|node:)/.test(name));

describe('the first command on a fresh clone', () => {
  // These run before anything is installed.
  const before = [
    'scripts/start.mjs',
    'scripts/test.mjs',
    'scripts/install.mjs',
    'scripts/typecheck.mjs',
    'scripts/package.mjs',
  ];
  const library = readdirSync(path.join(root, 'scripts/lib')).map((file) => `scripts/lib/${file}`);
  for (const file of [...before, ...library])
    it(`${file} needs no installed package`, () => assert.deepEqual(imports(read(file)), []));

  it('installs from a lock file that names no host', () =>
    assert.ok(!read('package-lock.json').includes('"resolved"')));

  it('warns of nothing on the oldest Node that is promised: every package runs on it', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const oldest = minVersion(engines.node)!.version;
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; engines?: { node?: string } | readonly string[] }>;
    };
    const nodeOf = (asks: { node?: string } | readonly string[] | undefined): string =>
      (asks && 'node' in asks ? asks.node : undefined) ?? '*';
    const refuse = Object.entries(packages).filter(([, { engines: asks }]) => !satisfies(oldest, nodeOf(asks)));
    assert.deepEqual(
      refuse.map(([name, { version, engines: asks }]) => `${name}@${version} asks for ${nodeOf(asks)}`),
      [],
    );
    assert.ok(!satisfies(oldest, '>=22'), 'and a package that did not would be seen');
  });

  it('runs no code of a package while installing', () => assert.match(read('.npmrc'), /^ignore-scripts=true$/m));
});

describe('what is installed for users', () => {
  it('is only what cannot be bundled', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    assert.deepEqual(Object.keys(dependencies).sort(), ['@resvg/resvg-js', 'onnxruntime-node', 'sharp']);
  });

  it('is pinned', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      assert.match(version, /^(npm:[a-z-]+@)?\d+\.\d+\.\d+$/, name);
  });
});

describe('whether packages must be installed', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'crossflow-install-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  type Lock = Record<string, { version: string; optional?: boolean }>;
  const locked: Lock = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b-other-platform': { version: '2.0.0', optional: true },
  };
  /** What is said when `packages` are installed; undefined for a folder that was never installed, or only half. */
  function reason(installed: Lock | undefined): string | undefined {
    writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }));
    mkdirSync(path.join(folder, 'node_modules'));
    const hidden = path.join(folder, 'node_modules', '.package-lock.json');
    if (installed) writeFileSync(hidden, JSON.stringify({ packages: installed }));
    return staleReason(folder);
  }

  it('yes, when nothing is', () => assert.match(reason(undefined) ?? '', /not installed/));
  it('yes, when one is missing', () => assert.match(reason({}) ?? '', /node_modules\/a is missing/));
  it('yes, when one has another version', () =>
    assert.match(reason({ 'node_modules/a': { version: '0.9.0' } }) ?? '', /0\.9\.0, not 1\.0\.0/));
  it('no, when all for this platform are', () =>
    assert.equal(reason({ 'node_modules/a': { version: '1.0.0' } }), undefined));
});
