/**
 * `npm run bench`: six knockout curves by forked rows and by full passes, in one run, as ratios.
 * Each model runs in a process of its own, so that peak memory is its own.
 *
 *   npm run bench -- [embedded] [synthetic] [synthetic32] [--check] [--record]
 *
 * --check: ends with 1 when a ratio is more than 10 % above its last one in bench/history.jsonl.
 * --record: adds this run to that file.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { computeCurves } from '../../src/core/engine/curves';
import type { CleanRun } from '../../src/core/engine/sequence';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import type { Knockout } from '../../src/core/experiment/types';
import { repositoryRoot } from '../support/golden';
import { type Entry, type Ratios, readHistory, slower } from './history';
import { BUDGET, SUBJECTS, type SubjectName } from './subjects';

const REPEATS = 7;
const HISTORY = join(repositoryRoot, 'bench/history.jsonl');

async function timed<T>(run: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = performance.now();
  const result = await run();
  return { seconds: (performance.now() - start) / 1000, result };
}

const x = (ratio: number): string => `${ratio.toFixed(2)} clean runs`;
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function bench(name: SubjectName): Promise<Ratios> {
  const empty = process.memoryUsage.rss();
  const start = performance.now();
  const subject = await SUBJECTS[name]();
  const loaded = (performance.now() - start) / 1000;
  const { parts, length, sets, window } = subject;
  const { layers } = parts.decoder.spec;
  const knockout = (edge: string): Knockout => {
    const [from, to] = edge.split('->');
    return { kind: 'edge', from, to, window };
  };
  const cleanRun = async (): Promise<CleanRun> => {
    const sequence = subject.fresh();
    const run = await sequence.clean();
    sequence.release();
    return run;
  };
  // Held while others come and go: what the knockouts run over.
  const held = subject.fresh();
  const past = await held.clean();
  // A clean run gives the first answer token; the embedded model's answer has an end token more.
  const curves = (edges: readonly string[], method: 'fork' | 'full') =>
    computeCurves({
      parts,
      clean: past,
      length,
      knockouts: edges.map(knockout),
      resolve: (s) => sets[s],
      method,
    });
  const result = await curves(PUBLISHED_EDGES, 'fork');
  await cleanRun();
  // One of each in turn: what else the machine does meanwhile falls on all of them, and leaves their ratios.
  const rounds: { clean: number; forked: number; click: number }[] = [];
  for (let i = 0; i < REPEATS; i++) {
    rounds.push({
      clean: (await timed(cleanRun)).seconds,
      forked: (await timed(() => curves(PUBLISHED_EDGES, 'fork'))).seconds,
      click: (await timed(() => curves(['clicked->Question'], 'fork'))).seconds,
    });
  }
  const [clean, forked, click] = (['clean', 'forked', 'click'] as const).map((what) => {
    const ratios = rounds.map((round) => round[what] / round.clean);
    return {
      ratio: median(ratios),
      seconds: median(rounds.map((round) => round[what])),
      words: `${x(median(ratios))} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} in ${REPEATS} rounds)`,
    };
  });
  const peak = process.resourceUsage().maxRSS * 1024;
  const some = await timed(() => curves(subject.fullEdges, 'full'));
  const full = { ...some, seconds: (some.seconds * PUBLISHED_EDGES.length) / subject.fullEdges.length };
  const scaled =
    subject.fullEdges.length < PUBLISHED_EDGES.length ? `, from those of ${subject.fullEdges.length} edge` : '';
  const difference = Math.max(
    ...full.result.flatMap((curve, i) => curve.scores.map((s, l) => Math.abs(s - result[i].scores[l]))),
  );
  const mb = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MB`;
  const ms = (s: number): string => (s < 10 ? `${(1000 * s).toFixed(0)} ms` : `${s.toFixed(1)} s`);
  const allowed = subject.weightBytes + parts.prefixes.bytes + BUDGET;
  console.log(
    `${name}: ${layers} layers, width ${parts.decoder.spec.hidden}, ${length} tokens, window ${window}, ${PUBLISHED_EDGES.length} edges, ${PUBLISHED_EDGES.length * layers} variants`,
  );
  const table: [string, string][] = [
    ['load', ms(loaded)],
    ['clean run', ms(clean.seconds)],
    ['full passes, all variants', `${ms(full.seconds)}  = ${x(full.seconds / clean.seconds)}${scaled}`],
    [
      'forked rows, all variants',
      `${ms(forked.seconds)}  = ${forked.words}, ${(full.seconds / forked.seconds).toFixed(1)} times faster than full passes`,
    ],
    ['one more edge (a click)', `${ms(click.seconds)}  = ${click.words}`],
    ['largest difference of a score', difference.toExponential(1)],
    [
      'peak memory, less an empty process',
      `${mb(peak - empty)}  = ${((peak - empty) / allowed).toFixed(2)} of weights ${mb(subject.weightBytes)} + caches ${mb(parts.prefixes.bytes)} + chunk budget ${mb(BUDGET)}`,
    ],
  ];
  held.release();
  for (const [what, value] of table) console.log(`  ${what.padEnd(36)}${value}`);
  const rounded = (ratio: number): number => Number(ratio.toPrecision(4));
  return {
    cleanSeconds: rounded(clean.seconds),
    forked: rounded(forked.ratio),
    click: rounded(click.ratio),
    full: rounded(full.seconds / clean.seconds),
    memory: rounded((peak - empty) / allowed),
  };
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, record: { type: 'boolean' }, child: { type: 'string' } },
});
const names = Object.keys(SUBJECTS) as SubjectName[];
const unknown = positionals.find((name) => !(name in SUBJECTS));
if (unknown !== undefined) {
  console.error(`no model "${unknown}"; there are ${names.join(', ')}`);
  process.exitCode = 2;
} else if (flags.child !== undefined) {
  writeFileSync(flags.child, JSON.stringify(await bench(positionals[0] as SubjectName)));
} else {
  const chosen = names.filter((name) => positionals.length === 0 || positionals.includes(name));
  const subjects = Object.fromEntries(chosen.flatMap((name) => measure(name) ?? []));
  if (Object.keys(subjects).length < chosen.length) process.exitCode = 1;
  else conclude(subjects);
}

/** One model in a process of its own. */
function measure(name: SubjectName): [[string, Ratios]] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'crossflow-bench-'));
  try {
    const file = join(folder, 'ratios.json');
    const script = fileURLToPath(import.meta.url);
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', script, name, '--child', file], {
      stdio: 'inherit',
    });
    return status === 0 ? [[name, JSON.parse(readFileSync(file, 'utf8')) as Ratios]] : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function conclude(subjects: Record<string, Ratios>): void {
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: repositoryRoot, encoding: 'utf8' });
  const now: Entry = {
    date: new Date().toISOString().slice(0, 10),
    commit: git.status === 0 ? git.stdout.trim() : 'unknown',
    machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores`,
    subjects,
  };
  if (flags.check) {
    const found = slower(readHistory(HISTORY), now);
    for (const line of found) console.error(`SLOWER: ${line}`);
    if (found.length > 0) process.exitCode = 1;
  }
  if (flags.record) appendFileSync(HISTORY, `${JSON.stringify(now)}\n`);
}
