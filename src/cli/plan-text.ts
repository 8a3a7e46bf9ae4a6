/** Plans for people, in the aligned lines of `crossflow inspect`, and for programs. */
import type { Range, RunPlan } from '../core/planning/plan-types';
import { plural, shortDuration, size } from '../core/words';
import { plain } from './report';

export type Line = readonly [name: string, value: string];

export const lines = (rows: readonly Line[]): string =>
  rows.map(([name, value]) => `${name.padEnd(9)}${plain(value)}`.trimEnd()).join('\n') + '\n';

const range = ([least, most]: Range): string => (least === most ? String(least) : `${least} to ${most}`);

export function planLines(plan: RunPlan): Line[] {
  const { memory: m, time, verdict } = plan;
  const asked =
    plan.of === 'dataset'
      ? `${plural(plan.questions, 'question')} on ${plural(plan.images, 'picture')}, ${range(plan.tokens)} tokens`
      : `${range(plan.tokens)} tokens, ${range(plan.imageTokens)} of the picture`;
  const points = `${plural(plan.knockouts, 'knockout')} of ${plural(plan.variants / Math.max(1, plan.knockouts), 'layer')}`;
  const about = plan.of === 'checkpoint' ? ' (as in the study)' : '';
  const rows: Line[] = [
    ['run', `${asked}; ${plan.knockouts > 0 ? points : 'no knockouts'}${about}`],
    [
      'device',
      plan.device + (plan.device === 'cpu' ? '' : '; its own memory is not known here and must hold the weights too'),
    ],
    ['memory', weightsText(m.weights)],
    ['', `${size(m.caches)} caches of the clean run (${size(m.prefix)} of it serve every question on a picture)`],
    ['', chunkText(m)],
    ['', `${size(m.program)} the program itself`],
    ['', `${size(m.peak)} at the peak; ${machineText(m.machine)}`],
  ];
  if (verdict.kind === 'refused') rows.push(['', `DOES NOT FIT: ${verdict.hint}`]);
  for (const note of verdict.notes) rows.push(['', note]);
  if (time) rows.push(...timeLines(plan, time));
  return rows;
}

function weightsText(w: RunPlan['memory']['weights']): string {
  const working = w.working > 0 ? ` and ${size(w.working)} to widen a layer` : '';
  if (w.how === 'copied') return `${size(w.anonymous)} weights, copied at load${working}`;
  const own = w.anonymous > 0 ? `, ${size(w.anonymous)} copied` : '';
  return `weights: ${size(w.mapped)} used in the mapped files${own}${working}`;
}

function chunkText({ chunk, clean }: RunPlan['memory']): string {
  const lowered = chunk.budget < chunk.asked ? `, lowered from ${size(chunk.asked)}` : '';
  const used = chunk.used > 0 ? `${size(chunk.used)} for a chunk of knockouts` : 'no knockouts';
  return `${used} (--memory allows ${size(chunk.budget)}${lowered}), ${size(clean)} for the clean run`;
}

function machineText({ total, available, limited, reliable }: RunPlan['memory']['machine']): string {
  const all = limited ? `this process may use ${size(total)}` : `this machine has ${size(total)}`;
  return reliable ? `${all}, ${size(available)} of it free` : all;
}

function timeLines(plan: RunPlan, time: NonNullable<RunPlan['time']>): Line[] {
  const { question: q } = time;
  const reading = time.read > 0.5 ? `, reading the weights ${shortDuration(time.read)}` : '';
  const many = plan.of === 'dataset';
  return [
    [
      'time',
      `about ${shortDuration(time.total)} in all, estimated from measured layers: loading ${shortDuration(time.load)}${reading},`,
    ],
    [
      '',
      many
        ? `a picture ${shortDuration(q.image + q.prefix)}, a question on it ${shortDuration(q.question)}, knockouts ${shortDuration(q.knockouts)}, lens ${shortDuration(q.lens)}`
        : `clean run ${shortDuration(q.image + q.prefix + q.question)} (picture ${shortDuration(q.image)}), knockouts ${shortDuration(q.knockouts)}, lens ${shortDuration(q.lens)}`,
    ],
    [
      '',
      many
        ? 'where every answer is right: knockouts are left out otherwise'
        : `a click, one edge more: ${shortDuration(q.click)}`,
    ],
  ];
}

/** Bytes and seconds, keys as in other documents of the command line. */
export function planDocument(plan: RunPlan) {
  const { memory: m, time, verdict } = plan;
  return {
    of: plan.of,
    device: plan.device,
    questions: plan.questions,
    images: plan.images,
    tokens: plan.tokens,
    image_tokens: plan.imageTokens,
    knockouts: plan.knockouts,
    variants: plan.variants,
    memory: {
      weights: m.weights,
      program: m.program,
      caches: m.caches,
      prefix: m.prefix,
      clean_run: m.clean,
      tower_and_head: m.ends,
      chunk: m.chunk,
      peak: Math.round(m.peak),
      least_peak: Math.round(m.leastPeak),
      machine: m.machine,
    },
    verdict,
    ...(time && {
      seconds: { load: time.load, read: time.read, ...time.question, total: time.total },
    }),
  };
}
