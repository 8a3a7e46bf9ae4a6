/** Seconds that counted work takes, from measured layers. Pure. */
import type { LayerLine, Line, Times } from './measure';
import type { QuestionSeconds } from './plan-types';
import type { Call, Work } from './work';

/**
 * The last layer's rows are computed to the end only where they are selected: keys, values and queries are about a
 * quarter of a layer.
 */
const LAST_LAYER = 0.25;

export function secondsOf(work: Work, times: Times): QuestionSeconds {
  const head = (rows: number): number => (rows > 0 ? at(times.head, rows) : 0);
  const sum = (calls: readonly Call[], lines: readonly LayerLine[]): number =>
    calls.reduce((total, call) => total + layers(call, lines) + head(call.headRows), 0);
  return {
    image: work.views * work.view.width * work.view.height * times.pixel,
    prefix: sum(work.prefixCalls, times.single),
    question: sum(work.textCalls, times.single),
    lens: head(work.lensRows),
    knockouts: sum(work.knockoutCalls, work.full ? times.single : times.forked),
    click: sum(work.clickCalls, times.forked),
  };
}

/** What a run of one question takes, the picture included and loading left out. */
export const totalOf = (s: QuestionSeconds): number => s.image + s.prefix + s.question + s.lens + s.knockouts;

const at = (line: Line, rows: number): number => line.fixed + line.perRow * rows;

function layers(call: Call, lines: readonly LayerLine[]): number {
  const line = nearest(call, lines);
  if (!line) return 0;
  const last = call.groups.length - 1;
  return call.groups.reduce((total, groups, l) => {
    if (groups === 0) return total;
    return total + line.fixed + line.perRow * groups * call.rows * (l === last ? LAST_LAYER : 1);
  }, 0);
}

/** The line measured for the most similar calls, by rows, then by what they see. */
function nearest({ past, rows }: Call, lines: readonly LayerLine[]): LayerLine | undefined {
  const far = (line: LayerLine): number =>
    Math.abs(Math.log(line.rows / rows)) + 0.1 * Math.abs(Math.log((line.past + line.rows) / (past + rows)));
  return lines.length === 0 ? undefined : lines.reduce((a, b) => (far(b) < far(a) ? b : a));
}
