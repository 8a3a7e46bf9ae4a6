/** `*.flow.json` text to Experiment, with every problem at its place. */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { usage } from '../errors';
import { BUILTIN_SETS } from './names';
import { throwFirst, type Problem } from './problems';
import { referenceProblems, toKnockout } from './references';
import { QUESTION_KEYS, type FlowFile, type SetInFile } from './schema';
import { readShape } from './shape';
import { MAX_TEXT, Source, valueOf } from './source';
import { syntaxProblems } from './syntax';
import { DEFAULT_INSTRUCTION, DEFAULT_WINDOW, type Experiment, type SetDefinition } from './types';

export interface ParseResult {
  /** Undefined when any problem is an error. */
  readonly experiment?: Experiment;
  readonly problems: readonly Problem[];
}

/** The text that an experiment was read from, for checks that come later. */
const sources = new WeakMap<Experiment, Source>();
export const sourceOf = (experiment: Experiment): Source => sources.get(experiment) ?? new Source('', experiment.file);

/**
 * Reads an experiment. `file` is its (future) place: relative paths start in its folder. Looks on disk only to tell
 * a model folder from a Hugging Face id; `checkFiles` does the rest.
 */
export function parseExperiment(text: string, file: string): ParseResult {
  const source = new Source(text, resolve(file));
  const syntax = syntaxProblems(source);
  if (syntax.length > 0) return { problems: syntax };
  const shape = readShape(source, namesIn(source));
  if (!shape.value) return { problems: shape.problems };
  const written = shape.value;
  const window = written.window ?? DEFAULT_WINDOW;
  const knockouts = (written.knockouts ?? []).map((k) => toKnockout(k, window));
  const edges = knockouts.flatMap((knockout, i): Problem[] =>
    knockout
      ? []
      : [
          source.problem('bad-edge', source.valueRange(['knockouts', i]), 'not an edge', {
            hint: 'write "Source->Target"',
          }),
        ],
  );
  const whole = knockouts.filter((k) => k !== undefined);
  const { model, problem } = readModel(written.model, source);
  const problems = [
    ...(problem ? [problem] : []),
    ...subjectProblems(written, source),
    ...edges,
    ...referenceProblems(source, written, whole),
  ];
  if (!model || problems.some((p) => p.severity === 'error')) return { problems };

  const at = (path: string) => resolve(dirname(source.file), path);
  const sets = Object.fromEntries(Object.entries(written.sets ?? {}).map(([name, set]) => [name, toSet(set)]));
  const instruction = written.instruction ?? DEFAULT_INSTRUCTION;
  const image = typeof written.image === 'string' ? { file: written.image } : written.image;
  const aspect = image?.aspect ?? written.dataset?.aspect;
  const shared = { instruction, sets, ...(written.prompt && { template: written.prompt }), ...(aspect && { aspect }) };
  const images = written.dataset?.images ?? '';
  const subject: Experiment['subject'] = written.dataset
    ? {
        kind: 'dataset',
        csv: at(written.dataset.csv),
        images: Array.isArray(images) ? images.map(at) : at(images),
        ...(written.dataset.limit !== undefined && { limit: written.dataset.limit }),
      }
    : {
        kind: 'question',
        ...shared,
        image: at(image!.file),
        question: written.question!,
        ...(written.answer !== undefined && { answer: written.answer }),
        ...(written.options && { options: written.options }),
        ...(written.objects?.length && { objects: written.objects }),
      };
  const experiment: Experiment = {
    file: source.file,
    model,
    ...shared,
    subject,
    knockouts: whole,
    window,
    ...(written.track && { track: written.track }),
    ...(written.topWords !== undefined && { topWords: written.topWords }),
    output: at(written.output ?? 'results'),
    method: written.method ?? 'fork',
  };
  sources.set(experiment, source);
  return { experiment, problems };
}

/** Reads an experiment file; throws `usage` with file:line:column for the first error. */
export async function loadExperiment(file: string): Promise<Experiment> {
  const path = resolve(file);
  const { experiment, problems } = parseExperiment(await readText(path, file), path);
  throwFirst(problems, file);
  return experiment!;
}

async function readText(path: string, shown: string): Promise<string> {
  let bytes: Buffer;
  try {
    const handle = await open(path, 'r');
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw usage('not a file', shown, 'give an experiment: NAME.flow.json');
      if (stat.size > MAX_TEXT) throw usage(`${stat.size} bytes are too many for an experiment`, shown);
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usage('no such file', shown);
    if (code === 'EISDIR') throw usage('not a file', shown, 'give an experiment: NAME.flow.json');
    if (code !== undefined) throw usage(`cannot be read: ${code}`, shown);
    throw e;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usage('not a UTF-8 text', shown);
  }
}

const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/** A folder if it starts with `.`, `/` or `~/`, or exists; else a Hugging Face id. */
function readModel(written: string, source: Source): { model?: Experiment['model']; problem?: Problem } {
  const home = /^~[/\\]/.test(written) ? join(homedir(), written.slice(2)) : written;
  const path = resolve(dirname(source.file), home);
  if (written.startsWith('.') || isAbsolute(home) || existsSync(path)) return { model: { kind: 'folder', path } };
  if (HUB_ID.test(written)) return { model: { kind: 'hub', id: written } };
  const hint = 'a folder begins with ./ or ../, an id is organisation/name';
  return {
    problem: source.problem(
      'bad-model',
      source.valueRange(['model']),
      `"${written}" is neither a folder nor a Hugging Face id`,
      { hint },
    ),
  };
}

function subjectProblems(written: FlowFile, source: Source): Problem[] {
  if (written.dataset) {
    return QUESTION_KEYS.filter((key) => written[key] !== undefined).map((key) =>
      source.problem('conflict', source.keyRange([key]), `"${key}" cannot stand beside "dataset"`, {
        hint: 'the CSV gives it for each question',
      }),
    );
  }
  return (['image', 'question'] as const)
    .filter((key) => written[key] === undefined)
    .map((key) =>
      source.problem(
        'missing-key',
        source.valueRange([]).length ? { offset: source.root!.offset, length: 1 } : { offset: 0, length: 0 },
        `"${key}" is missing`,
        {
          hint: 'or give a "dataset"',
        },
      ),
    );
}

function toSet(written: SetInFile): SetDefinition {
  if ('patches' in written) {
    return { kind: 'patches', patches: [...new Set(written.patches)].sort((a, b) => a - b) };
  }
  if ('text' in written) return { kind: 'text', text: written.text, nth: written.nth ?? 1 };
  return { kind: 'not', of: written.not.trim() };
}

function namesIn(source: Source): string[] {
  const sets = source.node(['sets']);
  const own = sets?.type === 'object' ? Object.keys(valueOf(sets) as object) : [];
  return [...own, ...BUILTIN_SETS.map((set) => set.name)];
}
