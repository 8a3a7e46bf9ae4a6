/**
 * What may stand in a `*.study.json`. The editor's JSON schema is made from this by `scripts/make-schema.ts`, so every
 * key is described here and nowhere else. What an experiment has as well is taken from its schema.
 */
import { z } from 'zod';
import { editorSchema } from '../experiment/json-schema';
import { PUBLISHED_EDGES } from '../experiment/names';
import { aspectSchema, flowSchema } from '../experiment/schema';
import { DEFAULT_WINDOW } from '../experiment/types';

const text = () => z.string().min(1);
const { prompt, system, instruction, pixels, sets, track, topWords, output, method } = flowSchema.shape;
const aspect = aspectSchema.optional().describe('How pictures are fitted. Left out: what the checkpoint asks for.');
const images = () =>
  z
    .union([text(), z.array(text()).min(1)])
    .describe('Folder with the pictures, named by img_id, or several. What is not in a folder is looked for below it.');
const limit = z.int().min(1).optional().describe('At most so many questions of a task, from the first.');

const modelSchema = z.union([
  text().describe('A checkpoint folder (relative to this file), or a Hugging Face id.'),
  z.strictObject({
    model: text().describe('A checkpoint folder (relative to this file), or a Hugging Face id.'),
    name: text()
      .optional()
      .describe("What results and figures call it. Left out: the folder's name, or the id's last part."),
    prompt,
    system,
    aspect,
    pixels,
    instruction,
  }),
]);

const taskSchema = z.union([
  text().describe('A task file; the task is the last part of its name, e.g. `…_ChooseAttr.csv`.'),
  z.strictObject({
    csv: text().describe('A task file; the task is the last part of its name, e.g. `…_ChooseAttr.csv`.'),
    name: text().optional().describe('What results and figures call it. Left out: the last part of the file name.'),
    images: images().optional(),
    limit,
  }),
]);

/** More array tasks than Slurm takes anywhere by default (MaxArraySize is 1001). */
export const MAX_SHARDS = 1000;

/** A value that stands in a line of its own in the script: nothing in it may begin another line. */
const line = () => z.string().regex(/^[^\r\n\0]+$/, 'must be one line of text');

const slurmSchema = z.strictObject({
  shards: z
    .int()
    .min(1)
    .max(MAX_SHARDS)
    .optional()
    .describe('Tasks of the job array. Each asks its share of the questions of every run.')
    .meta({ default: 8 }),
  partition: line().optional().describe('`--partition`'),
  account: line().optional().describe('`--account`'),
  qos: line().optional().describe('`--qos`'),
  time: line().optional().describe('Time limit of a task, `--time`. A task that reaches it is queued again.'),
  warn: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe(
      'Seconds before the time limit at which a task stops after the step at hand and queues itself again; loading the model and any step should take less. Left out: 300, or a quarter of a short time limit.',
    ),
  memory: line().optional().describe('Memory of a task, `--mem`, e.g. `32G`.'),
  cpus: z.int().min(1).max(1024).optional().describe('Cores of a task, `--cpus-per-task`, and threads of the engine.'),
  parallel: z.int().min(1).max(MAX_SHARDS).optional().describe('At most so many tasks at once.'),
  options: z
    .array(line())
    .optional()
    .describe('Further options of sbatch, one each: `--constraint=avx512`, `--mail-type=END`.'),
  setup: z.array(line()).optional().describe('Lines of shell that come before the run, e.g. `module load nodejs/20`.'),
  command: line()
    .optional()
    .describe('How crossflow is started on a node. Left out: as this one was, with the same Node.'),
});

export const studySchema = z.strictObject({
  $schema: z.string().optional().describe('The JSON schema of this file, for editors.'),
  models: z.array(modelSchema).min(1).describe('The models. Each is asked every task.'),
  tasks: z.array(taskSchema).min(1).describe('The tasks: CSV files as published, or the original GQA files.'),
  images: images().optional().describe('Pictures of the tasks that name none of their own: a folder, or several.'),
  limit,
  prompt: prompt.describe('Conversation template of models that name none. Left out: their own chat templates.'),
  system: system.describe('A system message for models that give none, by their own chat templates.'),
  aspect,
  pixels,
  instruction,
  sets,
  knockouts: flowSchema.shape.knockouts
    .describe('What to block, one curve each. Left out: the six edges of the published study.')
    .meta({ default: [...PUBLISHED_EDGES] }),
  windows: z
    .array(z.int().min(1))
    .min(1)
    .optional()
    .describe('Layers blocked at once around each centre layer. With several, each knockout runs with each.')
    .meta({ default: [DEFAULT_WINDOW] }),
  track,
  topWords,
  output,
  method,
  slurm: slurmSchema.optional().describe('How the study runs on a cluster: `crossflow study slurm`.'),
});

/** A `*.study.json` as written. */
export type StudyFile = z.infer<typeof studySchema>;
export type SlurmSettings = z.infer<typeof slurmSchema>;

/** The JSON schema that the extension contributes. */
export const studyJsonSchema = (): Record<string, unknown> =>
  editorSchema(studySchema, {
    title: 'Crossflow study',
    description: 'Models, tasks and knockouts; every model is asked every task, and everything is in one folder.',
  });
