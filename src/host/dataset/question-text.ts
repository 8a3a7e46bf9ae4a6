/** The text of an experiment about one question of a data set. Pure. */
import { knockoutInFile } from '../../core/experiment/edits';
import {
  DEFAULT_INSTRUCTION,
  type Experiment,
  type QuestionInput,
  type SetDefinition,
} from '../../core/experiment/types';
import { asWritten, folderAsWritten } from '../written';

/** `folder`: where the text will lie; paths are written relative to it. */
export function questionText(experiment: Experiment, question: QuestionInput, folder: string): string {
  const { model, window } = experiment;
  const image = asWritten(folder, question.image);
  // The object's word is known from the CSV only: as a set of its own it can be used here too.
  const name = question.objectName;
  const sets: Record<string, SetDefinition> = {
    ...(name !== undefined && { object: { kind: 'text', text: name, nth: 1 } as const }),
    ...experiment.sets,
  };
  const renamed = (set: string): string => (set === 'Central Object' && name !== undefined ? 'object' : set);
  const document = {
    model: model.kind === 'hub' ? model.id : folderAsWritten(folder, model.path),
    ...(question.template && { prompt: question.template }),
    ...(question.system !== undefined && { system: question.system }),
    ...(question.instruction !== DEFAULT_INSTRUCTION && { instruction: question.instruction }),
    ...(question.pixels && { pixels: question.pixels }),
    image: question.aspect ? { file: image, aspect: question.aspect } : image,
    question: question.question,
    ...(question.answer !== undefined && { answer: question.answer }),
    ...(question.options && { options: question.options }),
    ...(question.objects?.length && { objects: question.objects }),
    ...(Object.keys(sets).length > 0 && {
      sets: Object.fromEntries(Object.entries(sets).map(([key, set]) => [key, inFile(set)])),
    }),
    knockouts: experiment.knockouts
      .filter((knockout) => knockout.kind !== 'edge' || available([knockout.from, knockout.to], question))
      .map((knockout) =>
        knockoutInFile(
          knockout.kind === 'edge' ? { ...knockout, from: renamed(knockout.from), to: renamed(knockout.to) } : knockout,
          window,
        ),
      ),
    window,
    ...(experiment.track && { track: experiment.track }),
  };
  return `${print(document)}\n`;
}

/** Sets that need options or boxes do not exist for questions without them. */
function available(names: readonly string[], { options, objects, objectName }: QuestionInput): boolean {
  return names.every((name) => {
    if (name.includes('Option')) return options !== undefined;
    if (name === 'Central Object') return objectName !== undefined;
    return !name.includes('Central Object') || (objects?.length ?? 0) > 0;
  });
}

function inFile(set: SetDefinition): object {
  if (set.kind === 'patches') return { patches: set.patches };
  if (set.kind === 'text') return { text: set.text, ...(set.nth !== 1 && { nth: set.nth }) };
  return { not: set.of };
}

/** One line per key; knockouts and sets one line per entry. */
function print(document: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(document).map(([key, value]) => {
    if (key === 'knockouts' && Array.isArray(value) && value.length > 0)
      return `  "knockouts": [\n${value.map((one) => `    ${flat(one)}`).join(',\n')}\n  ]`;
    if (key === 'sets' && typeof value === 'object' && value !== null)
      return `  "sets": {\n${Object.entries(value)
        .map(([name, set]) => `    ${JSON.stringify(name)}: ${flat(set)}`)
        .join(',\n')}\n  }`;
    return `  ${JSON.stringify(key)}: ${flat(value)}`;
  });
  return `{\n${lines.join(',\n')}\n}`;
}

function flat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${flat(one)}`)
    .join(', ')} }`;
}
