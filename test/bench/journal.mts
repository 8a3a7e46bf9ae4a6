/**
 * npm run bench:journal -- [--lines 1000000] [--layers 10] [--shards 8] [--tables]: time and memory of `study status` and
 * `study merge` on a made-up study of one run with so many questions. --layers 32 gives the lines of a model of 7
 * billion parameters. --tables writes the run's tables as well. Needs a build (npm run build).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeJson, encodeLine } from '../../src/core/journal/lines';
import { JOURNAL_FORMAT, settingsOf } from '../../src/core/journal/identity';
import { shortest32 } from '../../src/core/dataset/numbers';
import type { JournalHeader } from '../../src/core/journal/record';
import { CROSSFLOW_VERSION } from '../../src/core/journal/version';
import { shardFile } from '../../src/core/journal/place';
import { loadStudy } from '../../src/core/study/parse';
import { random as seeded } from '../support/synthetic';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    layers: { type: 'string', default: '10' },
    shards: { type: 'string', default: '8' },
    tables: { type: 'boolean', default: false },
  },
});
const [lines, layers, shards] = [Number(values.lines), Number(values.layers), Number(values.shards)];
const root = fileURLToPath(new URL('../..', import.meta.url));
const random = seeded(1);
const probabilities = (n: number) => Array.from({ length: n }, () => shortest32(random() ** 4));

/** What follows the question in a kept record: drawn once for many lines, since a million take long to draw. */
function tail(): string {
  const lens = () => [0, 1, 2, 3].map(() => probabilities(layers + 1));
  const rest = {
    options: ['red', 'blue'],
    seconds: Math.round(4000 + 2000 * random()) / 1000,
    answer: 'red',
    base: shortest32(random()),
    curves: [0, 1, 2, 3, 4, 5].map(() => probabilities(layers)),
    lens: { words: ['red', 'Red', 'blue', 'Blue'], without_norm: lens(), with_norm: lens() },
  };
  return JSON.stringify(rest).slice(1);
}
const TAILS = Array.from({ length: 200 }, tail);

/** What the command line says of itself at its end: peak memory in kB, processor time in microseconds. */
const USAGE =
  'process.on("exit",()=>{const u=process.resourceUsage();console.error(`usage ${u.maxRSS} ${u.userCPUTime+u.systemCPUTime}`)})';

const folder = mkdtempSync(path.join(tmpdir(), 'crossflow-journal-'));
try {
  const file = path.join(folder, 'big.study.json');
  writeFileSync(file, JSON.stringify({ models: ['./model'], tasks: ['big_ChooseAttr.csv'], images: 'images' }));
  const csv = path.join(folder, 'big_ChooseAttr.csv');
  writeCsv(csv);
  const study = await loadStudy(file);
  const [run] = study.runs;
  const header: JournalHeader = {
    identity: {
      format: JOURNAL_FORMAT,
      crossflow: CROSSFLOW_VERSION,
      checkpoint: 'c'.repeat(64),
      csv: createHash('sha256').update(readFileSync(csv)).digest('hex'),
      device: 'cpu',
      settings: settingsOf(run.experiment),
    },
    about: {
      started: new Date().toISOString(),
      model: { name: run.model, family: 'llava', layers, heads: 32, hidden: 4096, dtype: 'f16', parameters: 7e9 },
      csv: path.basename(csv),
      rows: lines,
      task: run.task,
      knockouts: [...run.experiment.knockouts],
    },
  };
  const journals = run.place.journals;
  mkdirSync(journals, { recursive: true });
  let bytes = 0;
  for (let index = 1; index <= shards; index++) {
    const name = shardFile(journals, { index, count: shards }, 1);
    writeShard(name, header, index);
    bytes += statSync(name).size;
  }
  console.log(`${lines} lines of ${Math.round(bytes / lines)} bytes (${layers} layers, 6 edges) in ${shards} files`);
  measure('status', file);
  measure('merge', file);
  measure('status', file, 'after the merge, both read');
  measure('merge', file, 'again, with nothing new');
  if (values.tables) measure('plot', file, 'tables only', '--tables-only');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function writeCsv(name: string): void {
  const out = openSync(name, 'w');
  writeSync(out, 'question_id,img_id,question,answer,true option,false option,central object name\n');
  for (let from = 0; from < lines; from += 10_000) {
    const rows = Array.from(
      { length: Math.min(10_000, lines - from) },
      (_, i) => `${from + i},${(from + i) >> 2},q,a,a,b,c\n`,
    );
    writeSync(out, rows.join(''));
  }
  closeSync(out);
}

function writeShard(name: string, header: JournalHeader, index: number): void {
  const out = openSync(name, 'w');
  let waiting: Buffer[] = [encodeLine({ header })];
  for (let row = index - 1; row < lines; row += shards) {
    const id = String(row).padStart(8, '0');
    const question = 'Is the small vehicle on the left side of the picture red or blue?';
    const start = {
      row,
      is: 'kept',
      question_id: id,
      img_id: `23${id}`,
      image: `23${id}.jpg`,
      image_bytes: 61234,
      gold: 'red',
      question,
    };
    waiting.push(encodeJson(`${JSON.stringify(start).slice(0, -1)},${TAILS[row % TAILS.length]}`));
    if (waiting.length === 1000) {
      writeSync(out, Buffer.concat(waiting));
      waiting = [];
    }
  }
  writeSync(out, Buffer.concat(waiting));
  closeSync(out);
}

/** Runs the built command line; prints its time, its processor time (a busy machine adds none) and peak memory. */
function measure(command: string, study: string, note = '', ...flags: string[]): void {
  const began = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${USAGE}`, path.join(root, 'dist/cli.js'), 'study', command, study, ...flags],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const seconds = (performance.now() - began) / 1000;
  const [, kilobytes, cpu] = /^usage (\d+) (\d+)$/m.exec(stderr)?.map(Number) ?? [];
  if (status !== 0) throw new Error(`study ${command} failed: ${stderr}`);
  const figures = `${seconds.toFixed(1)} s, processor ${(cpu / 1e6).toFixed(1)} s, ${Math.round(kilobytes / 1024)} MB`;
  console.log(`${command.padEnd(7)} ${figures}${note && `  (${note})`}`);
}
