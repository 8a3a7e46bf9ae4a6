/**
 * What may stand in a `*.flow.json` (design section 2). The editor's JSON schema is made from this by
 * `scripts/make-schema.ts`, so every key is described here and nowhere else.
 */
import { z } from 'zod';
import { ASPECT_NAMES, TEMPLATE_NAMES } from '../families/choices';
import { editorSchema } from './json-schema';
import { BUILTIN_SETS, PUBLISHED_EDGES } from './names';
import { DEFAULT_INSTRUCTION, DEFAULT_WINDOW, MAX_TOP_WORDS } from './types';

const text = () => z.string().min(1);
const setName = () => text().meta({ examples: BUILTIN_SETS.map((set) => set.name) });
const windowSize = () => z.int().min(1);
export const windowSchema = windowSize();

export const aspectSchema = z.enum(ASPECT_NAMES);
const aspect = () =>
  aspectSchema.describe(
    'How the image is fitted: `processor` as preprocessor_config.json says (resize and centre crop), `pad` to a square with the mean colour, `anyres` in tiles on one of the checkpoint’s canvases. Left out: what the checkpoint asks for.',
  );

const pixelCount = () =>
  z
    .int()
    .min(1)
    .max(2 ** 31);
const pixelsSchema = z
  .tuple([pixelCount(), pixelCount()])
  .describe(
    'Fewest and most pixels of a picture as the model sees it, in place of the checkpoint’s `min_pixels` and `max_pixels`: they decide how many tokens a picture has. Only for models whose pictures keep their size.',
  );

const imageSchema = z.union([
  text().describe('Path of the picture, relative to this file.'),
  z.strictObject({
    file: text().describe('Path of the picture, relative to this file.'),
    aspect: aspect().optional(),
  }),
]);

const datasetSchema = z.strictObject({
  csv: text().describe(
    'A task file as published (or the original GQA files): question_id, img_id, question, answer, … The task is the last part of the name, e.g. `…_ChooseAttr.csv`.',
  ),
  images: z
    .union([text(), z.array(text()).min(1)])
    .describe('Folder with the pictures, named by img_id, or several. What is not in a folder is looked for below it.'),
  limit: z.int().min(1).optional().describe('At most so many questions, from the first.'),
  aspect: aspect().optional(),
});

const boxSchema = z
  .tuple([z.number(), z.number(), z.number().min(0), z.number().min(0)])
  .describe('x, y, width, height in pixels of the image file. The far ends belong to the box.');

export const setSchema = z.union([
  z.strictObject({
    patches: z.array(z.int().min(0)).describe('Patch numbers as the panel shows them, counted from 0 along the rows.'),
  }),
  z.strictObject({
    text: text().describe('The tokens of this text, at a place after the image.'),
    nth: z.int().min(1).optional().describe('Which place, from 1. Default: the first.'),
  }),
  z.strictObject({ not: setName().describe('Image patches that are not in this set.') }),
]);

const edgeText = z
  .string()
  .regex(/\S\s*->\s*\S/)
  .describe('source->target: in each layer of the window, the target rows may not attend to the source columns.')
  .meta({ examples: [...PUBLISHED_EDGES] });

export const knockoutSchema = z.union([
  edgeText,
  z.strictObject({
    from: setName().describe('Source: the set whose columns are hidden.'),
    to: setName().describe('Target: the set whose rows lose sight of the source.'),
    window: windowSize().optional().describe('Layers per window, for this knockout only.'),
    heads: z.array(z.int().min(0)).min(1).optional().describe('Query heads to block, counted from 0. Left out: all.'),
  }),
  z.strictObject({
    attention: setName().describe("Knock out what attention adds to these rows' residual."),
    window: windowSize().optional().describe('Layers per window, for this knockout only.'),
  }),
  z.strictObject({
    mlp: setName().describe("Knock out what the MLP adds to these rows' residual."),
    window: windowSize().optional().describe('Layers per window, for this knockout only.'),
  }),
  z.strictObject({
    prune: setName().describe(
      'Drop these rows after layer K; one score for each K. The last position must stay: the answer is read there.',
    ),
  }),
]);

export const flowSchema = z.strictObject({
  $schema: z.string().optional().describe('The JSON schema of this file, for editors.'),
  model: text().describe(
    'A checkpoint folder as Hugging Face wrote it (relative to this file), or a Hugging Face id such as `llava-hf/llava-1.5-7b-hf`, or `owner/name@revision`.',
  ),
  prompt: z
    .enum(TEMPLATE_NAMES)
    .optional()
    .describe("Conversation template. Left out: the checkpoint's own chat template."),
  system: text()
    .optional()
    .describe(
      "A system message, written by the checkpoint's own chat template; its tokens belong to the set `System`. Refused where the template has no system turn, and beside `prompt`. Left out: what the template writes by itself.",
    ),
  instruction: z
    .string()
    .optional()
    .describe('Appended to the question, as it stands. The default is the published one.')
    .meta({ default: DEFAULT_INSTRUCTION }),
  pixels: pixelsSchema.optional(),
  image: imageSchema.optional().describe('The picture: a path relative to this file, or a path with an aspect.'),
  question: text().optional().describe('What is asked about the picture.'),
  answer: text().optional().describe('Gold answer; compared with the model’s in lower case.'),
  options: z
    .tuple([text(), text()])
    .optional()
    .describe('True option, then false option, as they stand in the question.'),
  objects: z
    .array(boxSchema)
    .optional()
    .describe('Boxes of the objects the question is about: [x, y, width, height] in pixels of the image file.'),
  dataset: datasetSchema
    .optional()
    .describe('Many questions from a CSV, in place of image, question, answer, options and objects.'),
  sets: z.record(text(), setSchema).optional().describe('Further token sets, by name.'),
  knockouts: z.array(knockoutSchema).optional().describe('What to block, one curve each.'),
  window: windowSize()
    .optional()
    .describe('How many layers around the centre layer are blocked at once.')
    .meta({ default: DEFAULT_WINDOW }),
  track: z
    .array(text())
    .optional()
    .describe('Words the lens follows. Left out: gold answer and options, both capitalisations.'),
  topWords: z
    .int()
    .min(1)
    .max(MAX_TOP_WORDS)
    .optional()
    .describe(
      'Data sets: also keep so many best words of each layer, as the published lens tables do (50). The journal grows several times as large. Left out: none.',
    ),
  output: text().optional().describe('Folder for results, relative to this file.').meta({ default: 'results' }),
  method: z
    .enum(['fork', 'full'])
    .optional()
    .describe(
      '`fork` computes only what a knockout changes; `full` runs the whole sequence each time (the slow reference).',
    )
    .meta({ default: 'fork' }),
});

/** A `*.flow.json` as written, before paths are resolved and defaults filled in. */
export type FlowFile = z.infer<typeof flowSchema>;
export type SetInFile = z.infer<typeof setSchema>;
export type KnockoutInFile = z.infer<typeof knockoutSchema>;

/** Keys that a data set experiment leaves to the CSV. */
export const QUESTION_KEYS = ['image', 'question', 'answer', 'options', 'objects'] as const;

/** The JSON schema that the extension contributes. */
export const flowJsonSchema = (): Record<string, unknown> =>
  editorSchema(flowSchema, {
    title: 'Crossflow experiment',
    description: 'One experiment: what to ask about a picture, and what to block while the model answers.',
    required: ['model'],
    anyOf: [{ required: ['image', 'question'] }, { required: ['dataset'] }],
  });
