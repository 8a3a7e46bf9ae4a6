// Loaded before mocha: TypeScript through tsx, and one package that tsx cannot take as it is.
import 'tsx';
import Module, { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

// vega-canvas awaits the optional package "canvas" at top level, which CommonJS cannot; its browser build does without.
// scripts/build.mjs does the same for the bundles.
const require = createRequire(import.meta.url);
const canvas = path.join(path.dirname(require.resolve('vega-canvas')), 'vega-canvas.browser.js');
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  return request === 'vega-canvas' ? canvas : resolve.call(this, request, ...rest);
};

// Tests, and what they start, keep what they may keep apart from the user's own.
process.env.CROSSFLOW_CACHE ??= path.join(os.tmpdir(), `crossflow-tests-${os.userInfo().username}`);

// A test may load ONNX Runtime by another way than src/core/engine/session.ts does.
await import('../../src/core/privacy/no-telemetry.ts');
