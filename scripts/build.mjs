#!/usr/bin/env node
/**
 * Bundles every entry point into dist/.
 *   node scripts/build.mjs [--production] [--watch] [--outdir FOLDER]
 * Native packages stay outside the bundles (a .node file cannot be bundled); everything else goes in, so that the
 * extension and the command line need no other node_modules at run time.
 */
import { build, context } from 'esbuild';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** The extension host's side: one file, that VS Code loads as CommonJS. */
const HOST_ENTRIES = { extension: 'src/host/extension.ts' };
/** The command line and the engine's process: modules in dist/node that share their parts, loaded when first needed. */
const NODE_ENTRIES = { cli: 'src/cli/main.ts', engine: 'src/engine-process/main.ts' };
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

/** A package outside is asked for in one way, whatever asks: only its CommonJS side is in a package (scripts/lib/natives.mjs). */
const nativesByRequire = {
  name: 'natives-by-require',
  setup(b) {
    const filter = new RegExp(`^(${NATIVE_PACKAGES.join('|')})$`);
    b.onResolve({ filter }, ({ path: name, kind }) =>
      kind === 'require-call' ? { path: name, external: true } : { path: name, namespace: 'native' },
    );
    b.onLoad({ filter, namespace: 'native' }, ({ path: name }) => {
      // import() of a part gives what it exports by name, so each name must be written down.
      const names = Object.keys(createRequire(import.meta.url)(name)).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key));
      const named = names.filter((key) => key !== 'default').join(', ');
      const contents = `const all = require(${JSON.stringify(name)});\nexport default all;\nexport const { ${named} } = all;`;
      return { contents, resolveDir: root };
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

const onNode = {
  ...common,
  platform: 'node',
  target: 'node20',
  // jsonc-parser's main is UMD, whose requires no bundler sees through; its module build is plain.
  mainFields: ['module', 'main'],
  external: ['vscode'],
  keepNames: true,
  // vega-canvas awaits the optional package "canvas" at top level, which CommonJS cannot; its browser build asks for
  // a canvas only where there is a document. Crossflow draws SVG and needs none.
  alias: { 'vega-canvas': at('node_modules/vega-canvas/build/vega-canvas.browser.js') },
  plugins: [pdfkitFonts, nativesByRequire],
};

const hostBuild = {
  ...onNode,
  format: 'cjs',
  // VS Code's loader and CommonJS: no import() is left.
  supported: { 'dynamic-import': false },
  // ESM packages ask import.meta.url where they lie; in a CommonJS bundle that is the bundle.
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

const nodeBuild = {
  ...onNode,
  outdir: dist('node'),
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'parts/[name]-[hash]',
  // What CommonJS packages inside expect to find around them.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      "import { fileURLToPath as __fileURLToPath } from 'node:url';",
      "import { dirname as __dirnameOf } from 'node:path';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = __fileURLToPath(import.meta.url);',
      'const __dirname = __dirnameOf(__filename);',
    ].join('\n'),
  },
};

/** `dist/NAME.js`, by which others know an entry, loads it from dist/node. Gives the files made. */
async function writeStarters(names) {
  const starter = (name) => `#!/usr/bin/env node\nimport('./node/${name}.mjs');\n`;
  for (const name of names) await writeFile(dist(`${name}.js`), starter(name), { mode: 0o755 });
  return names.map((name) => dist(`${name}.js`));
}

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

const nodeEntries = Object.fromEntries(present(NODE_ENTRIES));
// What shares nothing has a build of its own, and a mistake in one face leaves the others whole.
const builds = [
  { ...nodeBuild, entryPoints: nodeEntries },
  ...present(HOST_ENTRIES).map(([name, file]) => ({ ...hostBuild, entryPoints: { [name]: file } })),
  ...present(WEBVIEW_ENTRIES).map(([name, file]) => ({ ...webviewBuild, entryPoints: { [name]: file } })),
];
await mkdir(dist(), { recursive: true });
const copied = [...(await copyFonts()), ...(await writeStarters(Object.keys(nodeEntries)))];
if (watch) {
  for (const one of builds) await (await context({ ...one, logLevel: 'info' })).watch();
} else {
  const started = performance.now();
  const settled = await Promise.allSettled(builds.map((one) => build(one)));
  const results = settled.filter((r) => r.status === 'fulfilled').map((r) => r.value);
  if (results.length < settled.length) {
    console.error('build: failed; see above');
    process.exit(1);
  }
  const outputs = results.flatMap((r) => Object.entries(r.metafile.outputs));
  const notice = dist('THIRD_PARTY_LICENSES.txt');
  await writeFile(notice, await bundledLicenses(results.flatMap((r) => Object.keys(r.metafile.inputs))));
  await removeStale(new Set([notice, ...copied, ...outputs.map(([file]) => at(file))]));
  const kilobytes = (list) => `${Math.round(list.reduce((sum, [, { bytes }]) => sum + bytes, 0) / 1024)} kB`;
  const code = outputs.filter(([file]) => !file.endsWith('.map'));
  const [shared, single] = [true, false].map((is) => code.filter(([file]) => file.includes('/node/') === is));
  const sizes = [...single.map((one) => `${one[0]} ${kilobytes([one])}`), `dist/node ${kilobytes(shared)}`];
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s: ${sizes.join(', ')}`);
}
