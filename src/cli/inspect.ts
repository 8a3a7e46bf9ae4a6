/** `crossflow inspect`: what a checkpoint is, and what a run of it, or of an experiment or a study, will need. */
import type { ModelSpec } from '../core/spec';
import { bytesPerToken } from '../core/engine/cache';
import { heldWeights } from '../core/planning/held';
import { DEFAULT_CHUNK_BUDGET } from '../core/engine/limits';
import type { RunPlan } from '../core/planning/plan-types';
import type { Planner } from '../core/planning/planner';
import { parameters, plural, shortDuration, size } from '../core/words';
import { usage } from '../core/errors';
import type { Experiment } from '../core/experiment/types';
import { rowsPerView } from '../core/vision/rows';
import { interruptSignal } from './interrupt';
import { engineOptions, modelFolder, namedModel, notInstalled, type EngineFlags } from './model';
import { lines, planDocument, planLines, type Line } from './plan-text';
import { print } from './streams';
import { table } from './table';

export interface InspectOptions extends EngineFlags {
  readonly json?: boolean;
  /** `--no-measure`: no layer is run, no time is estimated. */
  readonly measure: boolean;
}

/** `target`: a checkpoint, or a file that says what to run. Gives the exit code: 1 when a run does not fit. */
export async function inspect(target: string, options: InspectOptions): Promise<number> {
  const signal = interruptSignal();
  if (/\.study\.jsonc?$/i.test(target)) return inspectStudy(target, options, signal);
  const experiment = /\.jsonc?$/i.test(target) ? await readExperiment(target) : undefined;
  const folder = await modelFolder(experiment?.model ?? namedModel(target), { ...options, signal });
  const planner = await openPlanner(folder, options);
  if (experiment) await checkModel(experiment, planner.spec, target);
  const { planExperiment } = await import('../core/dataset/plan');
  const plan = await planExperiment(planner, experiment, { measure: options.measure, control: { signal } });
  const facts = factsOf(planner.spec);
  await print(
    options.json
      ? JSON.stringify({ ...(experiment && { experiment: experiment.file }), ...facts, plan: planDocument(plan) }) +
          '\n'
      : lines([...modelLines(facts), ...planLines(plan)]),
  );
  return plan.verdict.kind === 'refused' && experiment ? 1 : 0;
}

async function openPlanner(folder: string, options: InspectOptions): Promise<Planner> {
  const { Planner: planners } = await import('../core/planning/planner').catch((e: unknown) => {
    throw notInstalled(e);
  });
  return planners.open(folder, engineOptions(options));
}

async function readExperiment(file: string): Promise<Experiment> {
  const { loadExperiment } = await import('../core/experiment/parse');
  const { checkFiles } = await import('../core/experiment/files');
  const { throwFirst } = await import('../core/experiment/problems');
  const experiment = await loadExperiment(file);
  throwFirst(await checkFiles(experiment), file);
  return experiment;
}

async function checkModel(experiment: Experiment, spec: ModelSpec, file: string): Promise<void> {
  const { checkAgainstModel, factsOfModel } = await import('../core/experiment/facts');
  const { throwFirst } = await import('../core/experiment/problems');
  throwFirst(checkAgainstModel(experiment, factsOfModel(spec)), file);
}

/** Each run of a study, and the time of all; a model's layers are measured once for all its tasks. */
async function inspectStudy(file: string, options: InspectOptions, signal: AbortSignal): Promise<number> {
  const { loadStudy } = await import('../core/study/parse');
  const study = await loadStudy(file);
  if (study.runs.length === 0) throw usage('plans no runs', file);
  const { planExperiment } = await import('../core/dataset/plan');
  const planning = { measure: options.measure, control: { signal } };
  const planners = new Map<string, Planner>();
  const plans: { readonly id: string; readonly model: string; readonly task: string; readonly plan: RunPlan }[] = [];
  for (const { id, model, task, experiment } of study.runs) {
    const folder = await modelFolder(experiment.model, { ...options, signal });
    let planner = planners.get(folder);
    if (!planner) planners.set(folder, (planner = await openPlanner(folder, options)));
    plans.push({ id, model, task, plan: await planExperiment(planner, experiment, planning) });
  }
  const total = options.measure ? plans.reduce((sum, { plan }) => sum + (plan.time?.total ?? 0), 0) : undefined;
  const document = {
    study: study.file,
    runs: plans.map(({ plan, ...run }) => ({ ...run, plan: planDocument(plan) })),
    ...(total !== undefined && { seconds: total }),
  };
  await print(options.json ? JSON.stringify(document) + '\n' : describeStudy(plans, total));
  return plans.some(({ plan }) => plan.verdict.kind === 'refused') ? 1 : 0;
}

function describeStudy(
  plans: readonly { readonly model: string; readonly task: string; readonly plan: RunPlan }[],
  total: number | undefined,
): string {
  const columns = [
    { title: 'model' },
    { title: 'task' },
    { title: 'questions', right: true },
    { title: 'tokens', right: true },
    { title: 'peak memory', right: true },
    { title: 'time', right: true },
  ];
  const rows = plans.map(({ model, task, plan }) => [
    model,
    task,
    String(plan.questions),
    String(plan.tokens[1]),
    size(plan.memory.peak) + (plan.verdict.kind === 'refused' ? ' (does not fit)' : ''),
    plan.time ? shortDuration(plan.time.total) : '',
  ]);
  const hints = new Set(plans.flatMap(({ plan }) => [...(plan.verdict.kind === 'refused' ? [plan.verdict.hint] : [])]));
  const time =
    total === undefined
      ? []
      : [`about ${shortDuration(total)} in all, one run after the other, where every answer is right`];
  return `${table(columns, rows)}\n${[...hints, ...time].map((line) => `${line}\n`).join('')}`;
}

function factsOf(spec: ModelSpec) {
  const { decoder, eye } = spec;
  const { tower } = eye;
  const held = heldWeights(spec);
  const [aspect] = eye.aspects;
  const layouts = eye.samples.map((size) => eye.layOut(size, aspect));
  const tokens = layouts.map((layout) => layout.sources.length);
  const { width, height } = layouts[0].viewSize;
  return {
    family: spec.family,
    directory: spec.directory,
    layout: spec.layout,
    dtype: spec.dtype,
    parameters: spec.parameters,
    ...(spec.quantization && { quantization: spec.quantization }),
    files: spec.files,
    decoder: {
      layers: decoder.layers,
      hidden: decoder.hidden,
      heads: decoder.heads,
      key_value_heads: decoder.kvHeads,
      head_size: decoder.headDim,
      intermediate: decoder.intermediate,
      vocabulary: decoder.vocab,
      positions: decoder.maxPositions,
    },
    vision: {
      image_size: Math.max(width, height),
      patch_size: tower.patchSize,
      layers_used: tower.blocks.length,
      hidden: tower.hidden,
      heads: tower.heads,
      image_tokens: rowsPerView(tower, layouts[0].viewSize),
      // All that a picture takes in the prompt, marks and row ends included: the least and the most.
      picture_tokens: [Math.min(...tokens), Math.max(...tokens)],
      // of the usual picture, 640 x 480
      usual_tokens: tokens[0],
      aspect,
      ...(eye.limits && { pixels: eye.limits.pixels }),
    },
    notes: spec.notes,
    memory: {
      file_bytes: spec.files.reduce((sum, file) => sum + file.bytes, 0),
      // Larger checkpoints are used where they lie in their mapped files.
      weight_bytes: held.mapped + held.anonymous,
      cache_bytes_per_token: bytesPerToken(decoder),
      chunk_bytes: DEFAULT_CHUNK_BUDGET,
    },
  };
}

function modelLines(facts: ReturnType<typeof factsOf>): Line[] {
  const { decoder: d, vision: v } = facts;
  const [least, most] = v.picture_tokens;
  const heads =
    d.key_value_heads === d.heads ? `${d.heads} heads` : `${d.heads} heads (${d.key_value_heads} key/value)`;
  const files = plural(facts.files.length, 'file');
  return [
    ['model', `${facts.family}, layout ${facts.layout}`],
    ['folder', facts.directory],
    [
      'weights',
      `${parameters(facts.parameters)} parameters, ${facts.dtype}, ${size(facts.memory.file_bytes)} in ${files}`,
    ],
    ...quantizationLine(facts.quantization),
    ['decoder', `${d.layers} layers, width ${d.hidden}, ${heads} of ${d.head_size}, MLP ${d.intermediate}`],
    ['', `${d.vocabulary} tokens, ${d.positions} positions`],
    ['vision', `${v.layers_used} layers, width ${v.hidden}, ${v.heads} heads`],
    [
      'image',
      v.pixels
        ? `its own size between ${v.pixels[0]} and ${v.pixels[1]} pixels, patches of ${v.patch_size}, aspect ${v.aspect}`
        : `${v.image_size} x ${v.image_size} pixels, patches of ${v.patch_size}, ${v.image_tokens} tokens a tile, aspect ${v.aspect}`,
    ],
    ...(least === most ? [] : [['', `${least} to ${most} tokens a picture, ${v.usual_tokens} for 640 x 480`] as const]),
    ...facts.notes.map((note): Line => ['note', note]),
  ];
}

const quantizationLine = (q: ModelSpec['quantization']): Line[] =>
  q ? [['', `${q.recipe}; ${q.bitsPerWeight.toFixed(2)} bits per quantised weight; made from ${q.source.name}`]] : [];
