import assert from 'node:assert/strict';
import path from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const root = path.resolve(__dirname, '../..');

// Types are not asked for: the snippets are no files of the project.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
    { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false, project: null } } },
  ] as ESLint.Options['overrideConfig'],
});

/** Rules that a line of code breaks when it stands in `file`, of those that hold the house together. */
async function broken(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
  const fatal = result.messages.find((m) => m.fatal);
  if (fatal) throw new Error(`${file}: ${fatal.message}`);
  const rules = /^(boundaries\/|no-restricted-|@typescript-eslint\/no-explicit-any)/;
  return result.messages.map((m) => m.ruleId ?? '').filter((id) => rules.test(id));
}

const FORBIDDEN: readonly [file: string, code: string, rule: string][] = [
  ['src/core/graph/x.ts', "import { toPatches } from '../vision/image'; toPatches();", 'boundaries/dependencies'],
  [
    'src/core/checkpoint/x.ts',
    "import type { Model } from '../engine/api'; export type M = Model;",
    'boundaries/dependencies',
  ],
  ['src/core/checkpoint/x.ts', "export * from '../engine/types';", 'boundaries/dependencies'],
  ['src/core/vision/x.ts', "export const f = () => import('../engine/types');", 'boundaries/dependencies'],
  ['src/core/engine/x.ts', "import { x } from '../../protocol/panel'; x();", 'boundaries/dependencies'],
  [
    'src/cli/x.ts',
    "import type { PanelStatus } from '../protocol/panel'; export type S = PanelStatus;",
    'boundaries/dependencies',
  ],
  ['src/protocol/x.ts', "import { usage } from '../core/errors'; usage('');", 'boundaries/dependencies'],
  ['src/host/x.ts', "import { x } from '../core/engine/types'; x();", 'boundaries/dependencies'],
  [
    'webview/x.ts',
    "import type { Box } from '../src/core/vision/image'; export type B = Box;",
    'boundaries/dependencies',
  ],
  ['src/elsewhere/x.ts', 'export const x = 1;', 'boundaries/no-unknown-files'],
  ['src/core/engine/x.ts', "import * as vscode from 'vscode'; vscode.window;", 'no-restricted-imports'],
  ['src/engine-process/x.ts', "import * as vscode from 'vscode'; vscode.window;", 'no-restricted-imports'],
  ['webview/x.ts', "import * as vscode from 'vscode'; vscode.window;", 'no-restricted-imports'],
  [
    'src/core/graph/x.ts',
    "import { InferenceSession } from 'onnxruntime-node'; InferenceSession.create('');",
    'no-restricted-imports',
  ],
  [
    'src/host/x.ts',
    "import { InferenceSession } from 'onnxruntime-node'; InferenceSession.create('');",
    'no-restricted-imports',
  ],
  ['src/core/report/x.ts', 'document.title = String(1);', 'no-restricted-globals'],
  ['src/cli/x.ts', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
];

const ALLOWED: readonly [file: string, code: string][] = [
  [
    'src/core/engine/x.ts',
    "import { knockoutId } from '../experiment/types'; import { usage } from '../errors'; knockoutId(usage('') as never);",
  ],
  ['src/core/engine/x.ts', "import { InferenceSession } from 'onnxruntime-node'; void InferenceSession.create('');"],
  ['src/core/report/x.ts', "import type { Curve } from '../engine/types'; export type C = Curve;"],
  [
    'src/host/x.ts',
    "import * as vscode from 'vscode'; import type { Curve } from '../core/engine/types'; export const c = (x: Curve) => vscode.l10n.t(x.edge);",
  ],
  ['webview/x.ts', "import type { PanelStatus } from '../src/protocol/panel'; export type S = PanelStatus;"],
  ['src/protocol/x.ts', "export { percent } from '../core/words';"],
];

describe('the lint rules that hold the order of the folders', () => {
  for (const [file, code, rule] of FORBIDDEN)
    it(`${file} may not: ${code}`, async () =>
      assert.ok((await broken(file, code)).includes(rule), `expected ${rule}`));
  for (const [file, code] of ALLOWED)
    it(`${file} may: ${code}`, async () => assert.deepEqual(await broken(file, code), []));
});
