import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

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
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
  });
});
