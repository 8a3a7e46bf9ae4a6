#!/usr/bin/env node
/**
 * Bundles every entry point into dist/.
 *   node scripts/build.mjs [--production] [--watch] [--outdir FOLDER]
 * Native packages stay outside the bundles (a .node file cannot be bundled); everything else goes in, so that the
 * extension and the command line need no other node_modules at run time.
 */
import { build, context } from 'esbuild';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { NATIVE_PACKAGES, root } from './lib/project.mjs';
import { bundledLicenses } from './lib/licenses.mjs';

const { values: options } = parseArgs({
  options: {
    production: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    outdir: { type: 'string', default: 'dist' },
  },
});
const { production, watch } = options;
const at = (...parts) => path.join(root, ...parts);
const dist = (...parts) => path.resolve(root, options.outdir, ...parts);

/** Faces that run in Node: the command line, the extension host's side, the engine's process. */
const NODE_ENTRIES = {
  cli: 'src/cli/main.ts',
  extension: 'src/host/extension.ts',
  engine: 'src/engine-process/main.ts',
};
/** Pages of the editor; each may import a style sheet, which comes out beside it under the same name. */
const WEBVIEW_ENTRIES = { panel: 'webview/panel.ts', results: 'webview/results.ts' };
/** Faces that figures are set in. */
const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];
const SUBSETTER = 'harfbuzz-subset.wasm';

/** pdfkit finds its standard fonts through createRequire, which no bundler sees: a plain require it does see. */
const pdfkitFonts = {
  name: 'pdfkit-fonts',
  setup(b) {
    b.onLoad({ filter: /pdfkit[\\/]js[\\/]pdfkit(\.node)?\.m?js$/ }, async ({ path: file }) => {
      const before = await readFile(file, 'utf8');
      const after = before.replace(/\brequire\$1\(('#standard-fonts\/[^']+')\)/g, 'require($1)');
      if (after === before) throw new Error(`${file}: no standard fonts found; has pdfkit changed how it loads them?`);
      return { contents: after, loader: 'js' };
    });
  },
};

/** What exists of a table of entries; what does not is said and left out. */
function present(entries) {
  return Object.entries(entries).filter(([name, file]) => {
    if (existsSync(at(file))) return true;
    console.warn(`build: no ${file}, so no ${name}`);
    return false;
  });
}

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  outdir: dist(),
};

const nodeBuild = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // jsonc-parser's main is UMD, whose requires no bundler sees through; its module build is plain.
  mainFields: ['module', 'main'],
  external: ['vscode', ...NATIVE_PACKAGES],
  // import() of what stays outside becomes a require, so that a package is asked for in one way only.
  supported: { 'dynamic-import': false },
  keepNames: true,
  // ESM packages ask import.meta.url where they lie; in a CommonJS bundle that is the bundle.
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  // vega-canvas awaits the optional package "canvas" at top level, which CommonJS cannot; its browser build asks for
  // a canvas only where there is a document. Crossflow draws SVG and needs none.
  alias: { 'vega-canvas': at('node_modules/vega-canvas/build/vega-canvas.browser.js') },
  plugins: [pdfkitFonts],
};

const webviewBuild = {
  ...common,
  outdir: dist('webview'),
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  loader: { '.svg': 'text', '.ttf': 'file' },
};

/** Copies the fonts and the program that takes glyphs out of them, with their licences; gives the files made. */
async function copyFonts() {
  const [fonts, harfbuzz] = [at('node_modules/dejavu-fonts-ttf'), at('node_modules/harfbuzzjs')];
  await mkdir(dist('fonts'), { recursive: true });
  const files = [
    ...FONTS.map((font) => [path.join(fonts, 'ttf', font), font]),
    [path.join(fonts, 'LICENSE'), 'LICENSE'],
    [path.join(harfbuzz, 'dist', SUBSETTER), SUBSETTER],
    [path.join(harfbuzz, 'LICENSE'), 'LICENSE-harfbuzz'],
  ];
  for (const [from, name] of files) await copyFile(from, dist('fonts', name));
  return files.map(([, name]) => dist('fonts', name));
}

/** Files of dist/ that no entry point makes any more; they must not linger in a package. */
async function removeStale(made) {
  for (const entry of await readdir(dist(), { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !made.has(file)) await rm(file);
  }
}

// One build per entry point: they share nothing in these formats, and a mistake in one face leaves the others whole.
const builds = [
  ...present(NODE_ENTRIES).map(([name, file]) => ({ ...nodeBuild, entryPoints: { [name]: file } })),
  ...present(WEBVIEW_ENTRIES).map(([name, file]) => ({ ...webviewBuild, entryPoints: { [name]: file } })),
];
await mkdir(dist(), { recursive: true });
const fonts = await copyFonts();
if (watch) {
  for (const one of builds) await (await context({ ...one, logLevel: 'info' })).watch();
} else {
  const started = performance.now();
  const settled = await Promise.allSettled(builds.map((one) => build(one)));
  if (existsSync(dist('cli.js'))) await chmod(dist('cli.js'), 0o755);
  const results = settled.filter((r) => r.status === 'fulfilled').map((r) => r.value);
  if (results.length < settled.length) {
    console.error('build: failed; see above');
    process.exit(1);
  }
  const outputs = results.flatMap((r) => Object.entries(r.metafile.outputs));
  const notice = dist('THIRD_PARTY_LICENSES.txt');
  await writeFile(notice, await bundledLicenses(results.flatMap((r) => Object.keys(r.metafile.inputs))));
  await removeStale(new Set([notice, ...fonts, ...outputs.map(([file]) => at(file))]));
  const sizes = outputs
    .filter(([file]) => !file.endsWith('.map'))
    .map(([file, { bytes }]) => `${file} ${Math.round(bytes / 1024)} kB`);
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s: ${sizes.join(', ') || 'nothing yet'}`);
}
