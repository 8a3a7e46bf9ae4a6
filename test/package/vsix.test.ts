import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import AdmZip from 'adm-zip';
import { listFiles, PackageManager } from '@vscode/vsce';

const root = path.resolve(__dirname, '../..');
const target = `${process.platform}-${process.arch}`;
const vsix = path.join(root, 'out', `crossflow-${target}.vsix`);
/** Largest package that may be shipped, in bytes. */
const LIMIT = 60e6;

/** Largest size of each production bundle in bytes: what it had in November 2026, and a tenth more. */
const BUDGETS: readonly [name: string, files: RegExp, bytes: number][] = [
  ['extension', /^dist\/extension\.js$/, 1_083_000],
  ['command line and engine', /^dist\/node\/.*\.mjs$/, 4_500_000],
  ['command line before a command is known', /^dist\/node\/cli\.mjs$/, 57_500],
  ['engine before a call', /^dist\/node\/engine\.mjs$/, 5_520],
  ['panel', /^dist\/webview\/panel\.js$/, 470_900],
  ['panel styles', /^dist\/webview\/panel\.css$/, 25_300],
  ['results page', /^dist\/webview\/results\.js$/, 182_400],
  ['results page styles', /^dist\/webview\/results\.css$/, 8_480],
];

/** Everything a package may hold, and must: each pattern has at least one file, each file a pattern. */
const CONTENT: readonly RegExp[] = [
  /^package\.json$/,
  /^readme\.md$/,
  /^changelog\.md$/,
  /^LICENSE\.txt$/,
  /^bin\/crossflow(\.cmd)?$/,
  /^dist\/(cli|engine|extension)\.js$/,
  /^dist\/node\/(cli|engine)\.mjs$/,
  /^dist\/node\/parts\/[\w.-]+\.mjs$/,
  /^dist\/webview\/(panel|results)\.js$/,
  /^dist\/webview\/(panel|results)\.css$/,
  /^dist\/fonts\/(DejaVuSans(-Bold)?\.ttf|LICENSE|harfbuzz-subset\.wasm|LICENSE-harfbuzz)$/,
  /^dist\/THIRD_PARTY_LICENSES\.txt$/,
  /^dist\/node_modules\/onnxruntime-node\/(package\.json|dist\/[a-z]+\.js)$/,
  /^dist\/node_modules\/onnxruntime-node\/bin\/napi-v6\/[a-z0-9]+\/(x64|arm64)\/[^/]+$/,
  /^dist\/node_modules\/onnxruntime-common\/(package\.json|dist\/cjs\/[a-z-]+\.(js|json))$/,
  /^dist\/node_modules\/sharp\/(package\.json|LICENSE|dist\/[a-z]+\.cjs)$/,
  /^dist\/node_modules\/@img\/colour\/[^/]+$/,
  /^dist\/node_modules\/@img\/sharp-[^/]+\/(package\.json|README\.md|LICENSE|versions\.json|index\.cjs|lib\/[^/]+)$/,
  /^dist\/node_modules\/(detect-libc|semver)\/([a-z]+\/)*[a-zA-Z-]+(\.js|\.json)?$/,
  /^dist\/node_modules\/@resvg\/resvg-js[^/]*\/[^/]+$/,
  /^media\/([a-z-]+\/)?[a-z0-9.-]+\.(png|svg|json)$/i,
  /^schemas\/(flow|study)\.schema\.json$/,
  /^models\/README\.md$/,
  /^models\/shapes-llava\/[^/]+$/,
  /^examples\/[^/]+\.((flow|study)\.json|csv)$/,
  /^examples\/images\/[^/]+\.jpg$/,
];

/** vsce's own names in a package. */
const packaged = (file: string): string =>
  file === 'LICENSE' ? 'LICENSE.txt' : ['README.md', 'CHANGELOG.md'].includes(file) ? file.toLowerCase() : file;

const pack = (): void => {
  // Dated the same whatever is committed meanwhile.
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
  execFileSync(process.execPath, ['scripts/package.mjs'], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
};
const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('the packaged extension', function () {
  this.timeout(300_000);
  let files: string[];
  let sizes: ReadonlyMap<string, number>;
  let scratch: string;

  before(() => {
    scratch = mkdtempSync(path.join(os.tmpdir(), 'crossflow-vsix-'));
    pack();
    const entries = new AdmZip(vsix).getEntries().filter((e) => e.entryName.startsWith('extension/'));
    sizes = new Map(entries.map((e) => [e.entryName.slice('extension/'.length), e.header.size]));
    files = [...sizes.keys()];
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it('holds only what it should', () => {
    assert.deepEqual(
      files.filter((file) => !CONTENT.some((pattern) => pattern.test(file))),
      [],
    );
  });

  it('holds all that it should', () => {
    assert.deepEqual(CONTENT.filter((pattern) => !files.some((file) => pattern.test(file))).map(String), []);
  });

  it('holds a command that may be run', () => {
    const entry = new AdmZip(vsix).getEntries().find(({ entryName }) => entryName === 'extension/bin/crossflow')!;
    assert.equal((entry.header.attr >>> 16) & 0o777, 0o755);
  });

  it('holds no binary of another platform', () => {
    const binaries = files.filter((file) => /\.node$/.test(file));
    assert.equal(binaries.length, 3, binaries.join(', '));
    const ort = `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/`;
    for (const file of files) if (file.includes('onnxruntime-node/bin/')) assert.ok(file.includes(ort), file);
  });

  it('holds each file that its manifest names', () => {
    const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
    const named = [...manifest.matchAll(/"(?:\.\/)?((?:media|dist|schemas)\/[^"*]+\.\w+)"/g)].map((m) => m[1]);
    assert.ok(named.includes('dist/extension.js') && named.includes('media/icon.png'));
    assert.deepEqual(
      named.filter((file) => !files.includes(file)),
      [],
    );
  });

  it('holds each file that its readme shows', () => {
    const shown = [
      ...readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/!\[[^\]]*\]\(([^)]+)\)|src="([^"]+)"/g),
    ];
    assert.deepEqual(
      shown.map((m) => m[1] ?? m[2]).filter((file) => !files.includes(file)),
      [],
    );
  });

  it('is what .vscodeignore lets through, and natives beside it', async () => {
    const listed = await listFiles({ cwd: root, packageManager: PackageManager.None });
    const own = files.filter((file) => !file.startsWith('dist/node_modules/'));
    // Shared parts are named by their content, which differs between a build for the checkout and one for a package.
    const folded = (names: string[]): string[] =>
      [...new Set(names.map((name) => name.replace(/^(dist\/node\/parts)\/.*/, '$1')))].sort();
    assert.deepEqual(folded(own), folded(listed.map(packaged)));
  });

  it(`stays under ${LIMIT / 1e6} MB`, () => assert.ok(statSync(vsix).size < LIMIT, `${statSync(vsix).size} bytes`));

  for (const [name, pattern, budget] of BUDGETS)
    it(`has a ${name} bundle of at most ${budget} bytes`, () => {
      const sum = files.filter((file) => pattern.test(file)).reduce((total, file) => total + (sizes.get(file) ?? 0), 0);
      assert.ok(sum > budget / 2, `${sum} bytes: lower the budget, or mend the pattern ${pattern}`);
      assert.ok(sum <= budget, `${sum} bytes: find what came in, or raise the budget and say why`);
    });

  it('has each of its own bundles in the table of budgets', () => {
    const own = files.filter((file) => /^dist\/(?!node_modules\/).*\.(js|mjs|css)$/.test(file));
    // cli.js and engine.js only load what lies in dist/node.
    const starters = ['dist/cli.js', 'dist/engine.js'];
    assert.deepEqual(
      own.filter((file) => !starters.includes(file) && !BUDGETS.some(([, pattern]) => pattern.test(file))),
      [],
    );
  });

  it('has the same bytes when it is made again', () => {
    const first = digest(vsix);
    copyFileSync(vsix, path.join(scratch, 'first.vsix'));
    pack();
    assert.equal(digest(vsix), first);
  });

  it('runs where there is no checkout and no node_modules', async () => {
    new AdmZip(vsix).extractAllTo(scratch);
    const cwd = path.join(scratch, 'extension');
    const run = await promisify(execFile)(
      process.execPath,
      ['dist/cli.js', 'run', 'examples/star.flow.json', '--json'],
      {
        cwd,
        // Nothing of this checkout may help.
        env: { PATH: process.env.PATH, HOME: scratch },
        maxBuffer: 64e6,
      },
    );
    const document = JSON.parse(run.stdout) as { answer: { probability: number }; knockouts: { scores: number[] }[] };
    assert.ok(document.answer.probability > 0.5);
    assert.ok(document.knockouts.length > 0 && document.knockouts.every((k) => k.scores.length === 10));
  });
});
