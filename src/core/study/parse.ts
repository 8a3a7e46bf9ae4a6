/** `*.study.json` text to Study, with every problem at its place. */
import { basename, dirname, join, resolve } from 'node:path';
import { taskOf } from '../dataset/layout';
import { PUBLISHED_EDGES } from '../experiment/names';
import { throwFirst, type Problem } from '../experiment/problems';
import { readText } from '../experiment/read-text';
import { referenceProblems } from '../experiment/references';
import { readShape } from '../experiment/shape';
import { Source } from '../experiment/source';
import { syntaxProblems, type FileKind } from '../experiment/syntax';
import { DEFAULT_INSTRUCTION, DEFAULT_WINDOW, type Experiment, knockoutId, type Knockout } from '../experiment/types';
import { namesIn, pixelProblems, readKnockouts, readModel, systemProblems, toSets } from '../experiment/written';
import { safeName } from '../files/names';
import { placeOf } from './folders';
import { studySchema, type StudyFile } from './schema';
import type { PlannedRun, Study } from './types';

const STUDY: FileKind = {
  noun: 'study',
  needs: 'it needs "models" and "tasks"',
  template: '{\n  "models": [""],\n  "tasks": [""],\n  "images": "images",\n  "output": "results"\n}\n',
};

export interface StudyParseResult {
  /** Undefined when any problem is an error. */
  readonly study?: Study;
  /** Whether who validates the text by schemas/study.schema.json finds these problems, too. */
  readonly bySchema?: boolean;
  readonly problems: readonly Problem[];
}

/** The text that a study was read from, for checks that come later. */
const sources = new WeakMap<Study, Source>();
export const sourceOfStudy = (study: Study): Source => sources.get(study) ?? new Source('', study.file);

/** Reads a study. `file` is its (future) place: relative paths start in its folder. */
export function parseStudy(text: string, file: string): StudyParseResult {
  const source = new Source(text, resolve(file));
  const syntax = syntaxProblems(source, STUDY);
  if (syntax.length > 0) return { problems: syntax, bySchema: true };
  const single = ['dataset', 'question'].find((key) => source.node([key]));
  if (single !== undefined && !source.node(['tasks'])) {
    const hint = 'the command line runs it with "crossflow run"';
    return { problems: [source.problem('wrong-value', source.keyRange([single]), 'this is an experiment, not a study', { hint })] }; // prettier-ignore
  }
  const shape = readShape(source, { schema: studySchema, what: 'a study' }, namesIn(source));
  if (!shape.value) return { problems: shape.problems, bySchema: true };
  const written = shape.value;
  const models = readModels(written, source);
  const tasks = readTasks(written, source);
  const { knockouts, problems } = readAllKnockouts(written, source);
  const found = [
    ...sharedFolders(models, tasks, source),
    ...models.flatMap((m) => m.problem ?? []),
    ...tasks.flatMap((t) => t.problem ?? []),
    ...twice(models, 'model', source),
    ...twice(tasks, 'task', source),
    ...problems,
  ].sort((a, b) => a.offset - b.offset);
  if (found.some((p) => p.severity === 'error')) return { problems: found };

  const output = resolve(dirname(source.file), written.output ?? 'results');
  const shared = { file: source.file, knockouts, window: written.windows?.[0] ?? DEFAULT_WINDOW, ...common(written) };
  const runs = models.flatMap(({ name, settings, model }) =>
    tasks.map((task): PlannedRun => {
      const id = runId(name, task.name);
      const subject = { kind: 'dataset', ...task.input } as const;
      const experiment = { ...shared, ...settings, model: model!, subject, output: join(output, id) };
      return { id, model: name, task: task.name, experiment, place: placeOf(output, id) };
    }),
  );
  const name = basename(source.file).replace(/(\.study)?\.jsonc?$/i, '');
  const study: Study = { kind: 'study', file: source.file, name, output, runs, slurm: written.slurm ?? {} };
  sources.set(study, source);
  return { study, problems: found };
}

/** The study with its results in another folder. */
export function movedTo(study: Study, output: string): Study {
  const runs = study.runs.map((run) => ({
    ...run,
    experiment: { ...run.experiment, output: join(output, run.id) },
    place: placeOf(output, run.id),
  }));
  const moved = { ...study, output, runs };
  sources.set(moved, sourceOfStudy(study));
  return moved;
}

/** Reads a study file; throws CrossflowError `usage` with file:line:column for the first error. `warned`: told of the rest. */
export async function loadStudy(file: string, warned?: (problems: readonly Problem[]) => void): Promise<Study> {
  const path = resolve(file);
  const { study, problems } = parseStudy(await readText(path, file, 'a study: NAME.study.json'), path);
  throwFirst(problems, file);
  warned?.(problems);
  return study!;
}

const common = (written: StudyFile) => ({
  sets: toSets(written.sets),
  ...(written.track && { track: written.track }),
  ...(written.topWords !== undefined && { topWords: written.topWords }),
  method: written.method ?? ('fork' as const),
});

interface Named {
  readonly name: string;
  readonly place: readonly (string | number)[];
  readonly problem?: Problem | undefined;
}

function readModels(written: StudyFile, source: Source) {
  return written.models.map((entry, i) => {
    const own = typeof entry === 'string' ? { model: entry } : entry;
    const place = typeof entry === 'string' ? ['models', i] : ['models', i, 'model'];
    const { model, problem } = readModel(own.model, source, place);
    const template = own.prompt ?? written.prompt;
    const aspect = own.aspect ?? written.aspect;
    const pixels = own.pixels ?? written.pixels;
    const [wrong] = pixelProblems(pixels, source, own.pixels ? ['models', i, 'pixels'] : ['pixels']);
    const message = own.system ?? written.system;
    const [conflict] = systemProblems({ system: message, prompt: template }, source, own.system === undefined ? ['system'] : ['models', i, 'system']); // prettier-ignore
    const settings: Pick<Experiment, 'instruction' | 'system' | 'template' | 'aspect' | 'pixels'> = {
      instruction: own.instruction ?? written.instruction ?? DEFAULT_INSTRUCTION,
      ...(message !== undefined && { system: message }),
      ...(template && { template }),
      ...(aspect && { aspect }),
      ...(pixels && { pixels }),
    };
    const found = model?.kind === 'hub' ? model.id : model?.path;
    return { name: own.name ?? basename(found ?? ''), model, settings, place, problem: problem ?? conflict ?? wrong };
  });
}

function readTasks(written: StudyFile, source: Source) {
  const at = (path: string) => resolve(dirname(source.file), path);
  return written.tasks.map((entry, i) => {
    const own = typeof entry === 'string' ? { csv: entry } : entry;
    const place = typeof entry === 'string' ? ['tasks', i] : ['tasks', i, 'csv'];
    const images = own.images ?? written.images;
    const limit = own.limit ?? written.limit;
    const problem = images
      ? undefined
      : source.problem('missing-key', source.valueRange(['tasks', i]), 'no pictures for this task', {
          hint: 'add "images", here or for the whole study',
        });
    const input = {
      csv: at(own.csv),
      images: Array.isArray(images) ? images.map(at) : at(images ?? ''),
      ...(limit !== undefined && { limit }),
    };
    return { name: own.name ?? taskOf(own.csv), input, place, problem };
  });
}

/** Two runs must not share a folder, nor two curves a label; folders of many systems do not tell capitals apart. */
function twice(named: readonly Named[], what: string, source: Source): Problem[] {
  const seen = new Set<string>();
  return named.flatMap(({ name, place }): Problem[] => {
    const key = safeName(name).toLowerCase();
    if (seen.has(key)) {
      const hint = `give it a "name": { "${what === 'model' ? 'model' : 'csv'}": …, "name": … }`;
      return [source.problem('conflict', source.valueRange([...place]), `two ${what}s are called "${name}"`, { hint })];
    }
    seen.add(key);
    return [];
  });
}

const runId = (model: string, task: string): string => `${safeName(model)}-${safeName(task)}`;

/** `a-b` on `c` and `a` on `b-c` would be one folder. */
function sharedFolders(models: readonly Named[], tasks: readonly Named[], source: Source): Problem[] {
  const owners = new Map<string, string>();
  return models.flatMap(({ name, place }) =>
    tasks.flatMap((task): Problem[] => {
      const id = runId(name, task.name);
      const pair = JSON.stringify([safeName(name), safeName(task.name)].map((part) => part.toLowerCase()));
      const other = owners.get(id.toLowerCase()) ?? pair;
      owners.set(id.toLowerCase(), pair);
      if (other === pair) return [];
      const message = `${name} on ${task.name} and another run would share the folder "${id}"`;
      return [source.problem('conflict', source.valueRange([...place]), message, { hint: 'give one a "name"' })];
    }),
  );
}

/** Each knockout that names no window of its own runs with every one of the study's. */
function readAllKnockouts(written: StudyFile, source: Source): { knockouts: Knockout[]; problems: Problem[] } {
  const list = written.knockouts ?? [...PUBLISHED_EDGES];
  const windows = written.windows ?? [DEFAULT_WINDOW];
  const first = readKnockouts(list, windows[0], source);
  if (first.problems.length > 0) return first;
  const columns = windows.map((window) => readKnockouts(list, window, source).knockouts);
  const byId = new Map(list.flatMap((_, i) => columns.map((column) => [knockoutId(column[i]), column[i]] as const)));
  // In a data set, any of the published sets may be there: the row of the CSV decides.
  const asExperiment = { ...written, model: '', dataset: { csv: '', images: '' }, knockouts: written.knockouts ?? [] };
  return {
    knockouts: [...byId.values()],
    problems: referenceProblems(source, asExperiment, written.knockouts ? first.knockouts : []),
  };
}
