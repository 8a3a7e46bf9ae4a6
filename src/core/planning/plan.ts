/** What a run will need: its memory, and, from measured layers, its time. Pure; planner.ts puts it together. */
import type { ModelSpec, Size, TowerSpec } from '../spec';
import { patchesPerView } from '../vision/rows';
import { cacheBytes, bytesPerToken } from '../engine/cache';
import { bytesPerRow } from '../engine/chunks';
import { secondsOf, totalOf } from './estimate';
import { heldWeights } from './held';
import type { Times } from './measure';
import type { MachineMemory, MemoryPlan, QuestionSeconds, TimePlan } from './plan-types';
import type { Work } from './work';

/** Node, ONNX Runtime and this program, before a model is loaded. */
const PROCESS_BYTES = 110 * 1024 ** 2;
/** What ONNX Runtime's allocator keeps beyond what it uses: measured, see docs/bench/plans.md. */
const ALLOCATOR = 1.15;

/** The last picture's cache is dropped before a new one is made, but the garbage collector takes its time. */
const CACHES_OF_MANY = 2;

export function memoryPlan(
  spec: ModelSpec,
  works: readonly Work[],
  asked: number,
  budget: number,
  images: number,
  machine: MachineMemory,
): MemoryPlan {
  const { decoder } = spec;
  const weights = heldWeights(spec);
  const most = (of: (w: Work) => number): number => Math.max(0, ...works.map(of));
  const tokens = most((w) => w.tokens);
  const caches = cacheBytes(decoder, tokens) * (images > 1 ? CACHES_OF_MANY : 1);
  // What the run hands over (keys, values, residuals of every layer, before it is copied into the cache), and its own.
  const cleanOf = (w: Work, rows: number): number => rows * (bytesPerToken(decoder) + bytesPerRow(decoder, w.tokens));
  const clean = most((w) => cleanOf(w, Math.max(...[...w.prefixCalls, ...w.textCalls].map((c) => c.rows))));
  const used = most((w) => w.chunkBytes);
  const least = most((w) => w.leastBytes);
  const ends =
    most((w) => w.views * viewBytes(spec.eye.tower, w.view)) + most((w) => w.lensRows) * 3 * 4 * decoder.vocab;
  const fixed = PROCESS_BYTES + weights.anonymous + caches;
  return {
    weights,
    program: PROCESS_BYTES,
    caches,
    prefix: most((w) => w.prefix) * bytesPerToken(decoder),
    clean,
    ends,
    chunk: { asked, budget, used, least },
    peak: fixed + ALLOCATOR * (weights.working + ends + Math.max(clean, used)),
    leastPeak:
      fixed +
      ALLOCATOR *
        (weights.working +
          ends +
          Math.max(
            most((w) => cleanOf(w, w.leastRows)),
            least,
          )),
    machine,
  };
}

/** Scores and their softmax, residual-sized values and the MLP's, of one view; all in f32. */
function viewBytes(tower: TowerSpec, view: Size): number {
  const rows = patchesPerView(tower, view) + 1;
  const [block] = tower.blocks;
  const wide = block.mlp.kind === 'plain' ? block.mlp.first : block.mlp.up;
  return 4 * rows * (2 * tower.heads * rows + 6 * tower.hidden + 2 * wide.weight.shape[0]);
}

/** `works` stand for all questions. */
export function timePlan(works: readonly Work[], times: Times, count: { questions: number; images: number }): TimePlan {
  const all = works.map((w) => secondsOf(w, times));
  const mean = (of: (s: QuestionSeconds) => number): number => all.reduce((sum, s) => sum + of(s), 0) / all.length;
  const question: QuestionSeconds = {
    image: mean((s) => s.image),
    prefix: mean((s) => s.prefix),
    question: mean((s) => s.question),
    lens: mean((s) => s.lens),
    knockouts: mean((s) => s.knockouts),
    click: mean((s) => s.click),
  };
  const picture = question.image + question.prefix;
  const each = totalOf(question) - picture;
  return {
    load: times.load,
    read: times.read,
    question,
    total: times.load + times.read + count.images * picture + count.questions * each,
  };
}
