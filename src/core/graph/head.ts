/**
 * The output matrix as a graph of its own: it serves answers, knockout scores and the lens.
 *
 * `rows [n, H]` (already normed, or not) -> `logits [n, V]`, `chosen [n, k]` (probabilities of the tokens in
 * `tokens [k]`), `top_probability`, `top_token [n, best]`, where `best [1]` says how many.
 */
import type { DecoderSpec } from '../spec';
import { capped } from './activation';
import { GraphBuilder } from './builder';

/** How many best tokens a row gives where nobody asks for more. */
export const TOP = 5;

export function headGraph(spec: DecoderSpec, folder: string): Uint8Array {
  const b = new GraphBuilder('head', folder);
  const rows = b.input('rows', 'f32', ['n', spec.hidden]);
  const tokens = b.input('tokens', 'int64', ['k']);
  const best = b.input('best', 'int64', [1]);
  const raw = b.linear(rows, { weight: spec.weights.head });
  const logits = spec.logitCap ? capped(b, raw, spec.logitCap) : raw;
  const probabilities = b.node('Softmax', [logits], { axis: -1 });
  const chosen = b.node('Gather', [probabilities, tokens], { axis: 1 });
  const [values, indices] = b.nodeMany('TopK', [probabilities, best], { axis: -1 }, { outputs: 2 });
  b.output(logits, 'logits', 'f32', ['n', spec.vocab]);
  b.output(chosen, 'chosen', 'f32', ['n', 'k']);
  b.output(values, 'top_probability', 'f32', ['n', 't']);
  b.output(indices, 'top_token', 'int64', ['n', 't']);
  return b.finish();
}
