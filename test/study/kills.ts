/** Runs a study in processes that are killed at random moments, and proves from their log what was computed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readJournals } from '../../src/core/journal/journals';
import { loadStudy } from '../../src/core/study/parse';
import { repositoryRoot } from '../support/golden';
import { random as seeded } from '../support/synthetic';

export interface Killed {
  /** Fewer than asked for when the study ended before. */
  readonly kills: number;
  readonly questions: number;
  /** Questions begun, all processes together. */
  readonly begun: number;
  /** Begun in a process that was killed before they were safe. */
  readonly interrupted: number;
}

/**
 * @param log a file that does not exist yet
 * @param kills at most so many
 */
export async function killStudy(file: string, log: string, kills: number, seed: number): Promise<Killed> {
  const random = seeded(seed);
  const questions = (await loadStudy(file)).runs.length * (await rowsOf(file));
  const replay = `replay with --seed ${seed}`;
  let killed = 0;
  while (killed < kills) {
    const left = questions - done(log);
    // On a fast machine a small study may end before its last kill.
    if (left === 0) break;
    // So many questions more, at a pace that leaves some for each kill to come; now and then while the process starts.
    const most = Math.max(1, (2 * left) / (kills - killed + 1));
    const count = Math.min(left - 1, Math.floor(random() * most));
    const starting = random() < 0.1;
    if (await runAndKill(file, log, starting ? 0 : count + 1, random() * (starting ? 1500 : 60))) killed++;
  }
  const { code, errors } = await run(file, log).end;
  assert.equal(code, 0, `${errors}; ${replay}`);
  return { kills: killed, questions, ...prove(log, questions, killed, replay) };
}

const rowsOf = async (file: string): Promise<number> => (await loadStudy(file)).runs[0].experiment.subject.limit ?? 60;

interface Line {
  readonly pid: string;
  readonly what: string;
  /** Run and row. */
  readonly key: string;
}

function linesOf(log: string): Line[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [pid, what, ...key] = line.split(' ');
    return { pid, what, key: key.join(' ') };
  });
}
const done = (log: string): number => linesOf(log).filter((line) => line.what === 'done').length;

/**
 * Each question was begun once, and once more for each time that it was the very question a process was killed in: a
 * begin that another one follows is the last thing its process did.
 */
function prove(log: string, questions: number, kills: number, replay: string) {
  const lines = linesOf(log);
  const last = new Map(lines.map((line) => [line.pid, line]));
  const begins = new Map<string, Line[]>();
  for (const line of lines.filter((l) => l.what === 'begin')) {
    begins.set(line.key, [...(begins.get(line.key) ?? []), line]);
  }
  assert.equal(begins.size, questions, replay);
  let interrupted = 0;
  for (const [key, of] of begins) {
    for (const line of of.slice(0, -1)) {
      interrupted++;
      assert.equal(last.get(line.pid), line, `${key} was asked again though it was not interrupted; ${replay}`);
    }
  }
  assert.ok(interrupted <= kills, replay);
  return { begun: questions + interrupted, interrupted };
}

/** Every question stands in one journal line, over all files of all starts. */
export async function recordsOnce(file: string): Promise<void> {
  const study = await loadStudy(file);
  for (const run of study.runs) {
    const { files, index } = readJournals(run.place);
    const { kept, dropped, failed } = index.counts();
    assert.deepEqual(
      [files.reduce((sum, f) => sum + f.records, 0), failed, files.some((f) => f.damaged > 0)],
      [kept + dropped, 0, false],
      run.id,
    );
  }
}

/** Kills a start some milliseconds after so many of its questions have begun; false when it ended by itself before. */
async function runAndKill(file: string, log: string, begins: number, delay: number): Promise<boolean> {
  const before = linesOf(log).filter((line) => line.what === 'begin').length;
  const { child, end } = run(file, log);
  let ended = false;
  void end.then(() => (ended = true));
  const begun = () => linesOf(log).filter((line) => line.what === 'begin').length - before;
  while (!ended && begun() < begins) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill('SIGKILL');
  const { code, signal, errors } = await end;
  if (signal === 'SIGKILL') return true;
  assert.equal(code, 0, errors);
  return false;
}

function run(file: string, log: string) {
  const child = spawn(
    process.execPath,
    ['--import', './test/support/register.mjs', path.join(repositoryRoot, 'test/study/child.ts'), file, log],
    { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'pipe'] },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const end = new Promise<{ code: number | null; signal: string | null; errors: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, errors })),
  );
  return { child, end };
}
