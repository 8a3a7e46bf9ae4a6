// Which folder may import which is the shape of this project (docs/architecture.md); it stands here and nowhere else.
// test/package/lint.test.ts shows that these rules bite.
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** Data moves one way: each of these imports only from those left of it. */
const CORE = [
  'privacy',
  'files',
  'hub',
  'checkpoint',
  'quantize',
  'families',
  'graph',
  'vision',
  'prompt',
  'experiment',
  'engine',
  'planning',
  'journal',
  'dataset',
  'report',
  'study',
];
/** Parts of core that the extension host itself may run; the others run in the engine's process. */
const IN_HOST = [
  'errors',
  'words',
  'privacy',
  'spec',
  'files',
  'hub',
  'checkpoint',
  'families',
  'vision',
  'prompt',
  'experiment',
  'dataset',
  'study',
];

const allow = (from, to, kind) => ({
  from: { element: { types: { anyOf: from } } },
  allow: { to: { element: { types: { anyOf: to } } }, ...(kind ? { dependency: { kind } } : {}) },
});

const layers = {
  plugins: { boundaries },
  settings: {
    // Every import of our own is relative and without an ending.
    'import/resolver': { node: { extensions: ['.ts', '.mjs', '.js', '.json'] } },
    'boundaries/elements': [
      { type: 'errors', pattern: 'src/core/errors.ts', mode: 'full' },
      { type: 'words', pattern: 'src/core/words', mode: 'folder' },
      { type: 'spec', pattern: 'src/core/spec', mode: 'folder' },
      ...CORE.map((type) => ({ type, pattern: `src/core/${type}`, mode: 'folder' })),
      ...['cli', 'engine-process', 'host', 'protocol'].map((type) => ({
        type,
        pattern: `src/${type}`,
        mode: 'folder',
      })),
      { type: 'webview', pattern: 'webview', mode: 'folder' },
    ],
    'boundaries/dependency-nodes': ['import', 'dynamic-import', 'export', 'require'],
    'boundaries/legacy-warnings': false,
  },
  rules: {
    'boundaries/no-unknown-files': 'error',
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        message: '{{from.element.types}} may not import from {{to.element.types}}: see docs/architecture.md',
        policies: [
          ...CORE.map((name, i) => allow([name], ['errors', 'words', 'spec', ...CORE.slice(0, i)])),
          allow(['protocol'], ['errors', 'spec', ...CORE], 'type'),
          // How knockouts and numbers are written is pure and the panel needs it; it goes through the protocol like all the rest.
          allow(['protocol'], ['words', 'experiment']),
          allow(['cli'], ['errors', 'words', 'spec', ...CORE]),
          allow(['engine-process'], ['errors', 'words', 'spec', 'protocol', ...CORE]),
          allow(['host'], ['protocol', ...IN_HOST]),
          allow(['host'], CORE, 'type'),
          allow(['webview'], ['protocol']),
        ],
      },
    ],
  },
};

/** Packages that have one home. */
const onlyEngine = { name: 'onnxruntime-node', message: 'Only src/core/engine touches ONNX Runtime.' };
const onlyHost = { name: 'vscode', message: 'Only src/host knows the editor.' };
const restricted = (...paths) => ({ 'no-restricted-imports': ['error', { paths }] });

/** Names that a page has and Node has not (or that hide a forgotten import). */
const DOM_NAMES = ['window', 'document', 'navigator', 'localStorage', 'HTMLElement', 'Image', 'self'];

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'results/', 'node_modules/', 'test/golden/', 'models/', 'test/**/fixtures/'] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers in messages are what this program is about.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Tensors are full of indices that are known to be inside.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // An index may miss although its type says otherwise; a check of it is wise, not unnecessary.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // A method may be async because its interface is.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: ['src/**/*.ts', 'webview/**/*.ts'], ...layers },
  { files: ['src/**/*.ts'], rules: restricted(onlyEngine, onlyHost) },
  { files: ['src/core/engine/**/*.ts'], rules: restricted(onlyHost) },
  { files: ['src/host/**/*.ts'], rules: restricted(onlyEngine) },
  { files: ['src/core/**/*.ts'], rules: { 'no-restricted-globals': ['error', ...DOM_NAMES] } },
  {
    files: ['webview/**/*.ts'],
    rules: {
      // lit calls event listeners on the element they stand in.
      '@typescript-eslint/unbound-method': 'off',
      // The page makes custom elements, by their name.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      ...restricted(onlyEngine, onlyHost),
      'no-restricted-syntax': [
        'error',
        {
          selector: "AssignmentExpression[left.property.name='innerHTML']",
          message: 'Build elements; never parse HTML from data.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.{ts,mts}', 'scripts/**/*.{ts,mts}'],
    rules: {
      // describe() and it() give promises that mocha awaits itself.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    rules: { 'no-unused-vars': ['error', { varsIgnorePattern: '^_' }] },
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'performance',
          'fetch',
          'URL',
          'Buffer',
          'setTimeout',
          'clearTimeout',
          'require',
          'module',
          '__dirname',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
