/** A family is one file that says which and where; nothing outside src/core/families knows its name. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FAMILIES } from '../../src/core/families';
import { repositoryRoot } from '../support/golden';

const ROOM = join('src', 'core', 'families');
const MOST_LINES = 250;

function sources(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name))
    .map((name) => join(folder, name));
}

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');

/** Comments may name anything. */
const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');

/** Where a text names a family in a way that logic could hang on. Exported shape: what stood there. */
function named(text: string): string[] {
  const names = FAMILIES.flatMap((f) => [f.id, ...f.types.filter((type) => /^\w+$/.test(type))]).join('|');
  const literal = new RegExp(`(['"\`])(?:${names})\\1`, 'g');
  const branch = /\bfamily\s*(?:===|!==|==|!=)|switch\s*\([^)]*\bfamily\b/g;
  return [...code(text).matchAll(literal), ...code(text).matchAll(branch)].map(([found]) => found);
}

describe('families', () => {
  it('are named nowhere else', () => {
    const found = [...sources('src'), ...sources('webview')]
      .filter((file) => relative(ROOM, file).startsWith('..'))
      .flatMap((file) => named(read(file)).map((what) => `${file}: ${what}`));
    assert.deepEqual(found, []);
  });

  it('would be found', () => {
    assert.deepEqual(named("if (spec.family === 'llava_next') x();"), ["'llava_next'", 'family ===']);
    assert.deepEqual(named('type T = "llava" | "smolvlm";'), ['"llava"', '"smolvlm"']);
    assert.deepEqual(named('switch (model.family) {}'), ['switch (model.family']);
    assert.deepEqual(named("/* 'llava' */ // family === 'llava'\nimport { x } from 'llava-hf';"), []);
  });

  it('have files of their own, short ones without a graph node', () => {
    for (const file of readdirSync(join(repositoryRoot, ROOM)).filter((name) => name.endsWith('.ts'))) {
      const text = read(join(ROOM, file));
      assert.ok(text.split('\n').length <= MOST_LINES, `${file} has more than ${MOST_LINES} lines`);
      assert.doesNotMatch(text, /from '\.\.\/(graph|engine)/, `${file} builds a graph`);
    }
  });
});
