/** `*.flow.json` text to Experiment, with every problem at its place. */
import { dirname, resolve } from 'node:path';
import { throwFirst, type Problem } from './problems';
import { readText } from './read-text';
import { referenceProblems } from './references';
import { flowSchema, QUESTION_KEYS, type FlowFile } from './schema';
import { readShape } from './shape';
import { Source } from './source';
import { syntaxProblems } from './syntax';
import { DEFAULT_INSTRUCTION, DEFAULT_WINDOW, type Experiment } from './types';
import { namesIn, pixelProblems, readKnockouts, readModel, systemProblems, toSets } from './written';

export interface ParseResult {
  /** Undefined when any problem is an error. */
  readonly experiment?: Experiment;
  readonly problems: readonly Problem[];
}

/** The text that an experiment was read from, for checks that come later. */
const sources = new WeakMap<Experiment, Source>();
export const sourceOf = (experiment: Experiment): Source => sources.get(experiment) ?? new Source('', experiment.file);

/** The same experiment with other results or another method; problems still have their places in its text. */
export function changed(experiment: Experiment, change: Partial<Pick<Experiment, 'output' | 'method'>>): Experiment {
  const made = { ...experiment, ...change };
  const source = sources.get(experiment);
  if (source) sources.set(made, source);
  return made;
}

/**
 * Reads an experiment. `file` is its (future) place: relative paths start in its folder. Looks on disk only to tell
 * a model folder from a Hugging Face id; `checkFiles` does the rest.
 */
export function parseExperiment(text: string, file: string): ParseResult {
  const source = new Source(text, resolve(file));
  const syntax = syntaxProblems(source);
  if (syntax.length > 0) return { problems: syntax };
  if (source.node(['tasks']) && !source.node(['image']) && !source.node(['dataset'])) {
    const hint = 'the command line runs it with "crossflow study run"';
    return { problems: [source.problem('wrong-value', source.keyRange(['tasks']), 'this is a study, not an experiment', { hint })] }; // prettier-ignore
  }
  const shape = readShape(source, { schema: flowSchema, what: 'an experiment' }, namesIn(source));
  if (!shape.value) return { problems: shape.problems };
  const written = shape.value;
  const window = written.window ?? DEFAULT_WINDOW;
  const { knockouts, problems: edges } = readKnockouts(written.knockouts ?? [], window, source);
  const { model, problem } = readModel(written.model, source, ['model']);
  const problems = [
    ...(problem ? [problem] : []),
    ...subjectProblems(written, source),
    ...systemProblems(written, source, ['system']),
    ...pixelProblems(written.pixels, source, ['pixels']),
    ...edges,
    ...referenceProblems(source, written, knockouts),
  ];
  if (!model || problems.some((p) => p.severity === 'error')) return { problems };

  const at = (path: string) => resolve(dirname(source.file), path);
  const sets = toSets(written.sets);
  const instruction = written.instruction ?? DEFAULT_INSTRUCTION;
  const image = typeof written.image === 'string' ? { file: written.image } : written.image;
  const aspect = image?.aspect ?? written.dataset?.aspect;
  const shared = {
    instruction,
    sets,
    ...(written.prompt && { template: written.prompt }),
    ...(written.system !== undefined && { system: written.system }),
    ...(aspect && { aspect }),
    ...(written.pixels && { pixels: written.pixels }),
  };
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
    knockouts,
    window,
    ...(written.track && { track: written.track }),
    ...(written.topWords !== undefined && { topWords: written.topWords }),
    output: at(written.output ?? 'results'),
    method: written.method ?? 'fork',
  };
  sources.set(experiment, source);
  return { experiment, problems };
}

/** Reads an experiment file; throws `usage` with file:line:column for the first error. `warned`: told of the rest. */
export async function loadExperiment(
  file: string,
  warned?: (problems: readonly Problem[]) => void,
): Promise<Experiment> {
  const path = resolve(file);
  const { experiment, problems } = parseExperiment(await readText(path, file, 'an experiment: NAME.flow.json'), path);
  throwFirst(problems, file);
  warned?.(problems);
  return experiment!;
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
