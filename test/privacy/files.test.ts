import assert from 'node:assert/strict';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExperiment } from '../../src/core/experiment/parse';
import { NO_TELEMETRY } from '../../src/core/privacy/telemetry';
import type { CallName, EngineCalls, EngineToHost } from '../../src/protocol/engine';
import { outcome } from '../cli/crossflow';
import { repositoryRoot } from '../support/golden';
import { added, EmptyMachine } from './machine';

const CLI = join(repositoryRoot, 'dist/cli.js');
const ENGINE = join(repositoryRoot, 'dist/engine.js');
const LEFT_ON = join(import.meta.dirname, 'telemetry-left-on.cjs');
const SAYS = join(import.meta.dirname, 'says-when-loaded.cjs');
/** Crossflow's own cache, in which docs/privacy.md says what lies. */
const OWN = /^cache\/crossflow\//;

describe('what Crossflow leaves on a machine', () => {
  let machine: EmptyMachine;
  beforeEach(() => (machine = new EmptyMachine()));
  afterEach(() => machine.remove());

  /** Runs the command line; gives what it left beside `output` and its own cache, and standard error. */
  async function leaves(args: readonly string[], output: RegExp, node: readonly string[] = []): Promise<string[]> {
    const before = machine.files();
    const child = spawn(process.execPath, [...node, CLI, ...args], { cwd: machine.work, env: machine.env });
    const { code, stderr } = await outcome(child);
    assert.equal(code, 0, stderr);
    const written = added(before, machine.files());
    return written.filter((file) => !OWN.test(file) && !output.test(file));
  }
  const NOTHING = /^$/;
  const results = (folder: string): RegExp => new RegExp(`^work/examples/results/(${folder}/|$)`);

  /** Two questions of each task are enough to see what is written. */
  function shorten(file: string): void {
    const path = join(machine.work, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"limit": \d+/, '"limit": 2'));
  }

  const COMMANDS: readonly (readonly [name: string, args: readonly string[], output: RegExp])[] = [
    ['a run', ['run', 'examples/star.flow.json'], NOTHING],
    ['a data set run', ['run', 'examples/dataset.flow.json'], results('dataset')],
    ['a check', ['check', 'models/shapes-llava'], NOTHING],
    ['an inspection', ['inspect', 'models/shapes-llava'], NOTHING],
    [
      'an import',
      ['import', 'models/shapes-llava', '--quantize', 'int8', '--experiment', 'examples/star.flow.json'],
      /^work\/models\/shapes-llava-int8\//,
    ],
    ['a study', ['study', 'run', 'examples/all.study.json', '--no-plot', '--task', 'QueryAttr'], results('study')],
  ];
  for (const [name, args, output] of COMMANDS)
    it(`${name}: its output and its own cache, nothing else`, async () => {
      for (const file of ['examples/dataset.flow.json', 'examples/all.study.json']) shorten(file);
      assert.deepEqual(await leaves(args, output), []);
    });

  // ONNX Runtime writes such files nowhere on Windows: there it hands events to the system (docs/privacy.md).
  if (process.platform !== 'win32')
    it('the same run with telemetry left on is seen to leave files: so these tests would see them', async () => {
      const left = await leaves(['run', 'examples/star.flow.json'], NOTHING, ['--require', LEFT_ON]);
      assert.ok(
        left.some((file) => /onnxruntime\/deviceid$/.test(file)),
        left.join('\n'),
      );
    });

  it("the editor's engine process: nothing but its own cache, and telemetry is off when it loads the library", async () => {
    const before = machine.files();
    const child = fork(ENGINE, [], {
      cwd: machine.work,
      env: againstIt(machine.env),
      serialization: 'advanced',
      execArgv: ['--require', SAYS],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    try {
      await once(child, 'message');
      const file = join(machine.work, 'examples/star.flow.json');
      const { experiment } = parseExperiment(readFileSync(file, 'utf8'), file);
      assert.ok(experiment?.subject.kind === 'question');
      const session = 'privacy';
      await call(child, 'open', { directory: join(machine.work, 'models/shapes-llava'), options: {} });
      await call(child, 'prepare', { session, question: experiment.subject, anew: false });
      await call(child, 'clean', { session });
      const curves = await call(child, 'knockouts', { session, list: experiment.knockouts });
      assert.equal(curves.length, 6);
      const figure = { what: 'knockouts', format: 'png', title: 'Star', about: {}, curves } as const;
      assert.ok((await call(child, 'figure', figure)).length > 1000);
    } finally {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    }
    assertOffWhenLoaded(stderr);
    assert.deepEqual(
      added(before, machine.files()).filter((path) => !OWN.test(path)),
      [],
    );
  });

  it('the command line switches telemetry off before it loads the library', async () => {
    const child = spawn(process.execPath, ['--require', SAYS, CLI, 'run', 'examples/star.flow.json'], {
      cwd: machine.work,
      env: againstIt(machine.env),
    });
    assertOffWhenLoaded((await outcome(child)).stderr);
  });
});

/** With a user's own setting, which must not switch telemetry on. */
const againstIt = (env: Readonly<Record<string, string>>): Record<string, string> => ({
  ...env,
  ORT_DISABLE_TELEMETRY: '0',
});

/** The library is loaded once, and all that keeps telemetry off is set by then. */
function assertOffWhenLoaded(stderr: string): void {
  const said = stderr.split('\n').filter((line) => line.startsWith('LOADED'));
  const wanted = Object.entries(NO_TELEMETRY).map(([key, value]) => `${key}=${value}`);
  assert.deepEqual(
    said.map((line) => line.split(' ').slice(1).sort()),
    [wanted.sort()],
    stderr,
  );
}

/** Asks an engine process, as src/host/engine/process.ts does. */
function call<K extends CallName>(
  child: ChildProcess,
  name: K,
  params: EngineCalls[K]['params'],
): Promise<EngineCalls[K]['result']> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    const hear = (message: EngineToHost): void => {
      if (message.type !== 'answer' || message.id !== id) return;
      child.off('message', hear);
      if (message.outcome.ok) resolve(message.outcome.value);
      else reject(new Error(message.outcome.failure.message));
    };
    child.on('message', hear);
    child.send({ type: 'call', id, name, params });
  });
}
let last = 0;
