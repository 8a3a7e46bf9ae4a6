/** What is on the screen, as the document that `crossflow run --json` prints. Pure. */
import type { ResultDocument } from '../core/engine/result';
import { usage } from '../core/errors';
import type { Shown } from './live/session';

export function resultDocument({ model, example, clean, lens, curves }: Shown): ResultDocument {
  if (!model || !example || !clean || !lens)
    throw usage('there is no result yet', undefined, 'run the experiment first');
  const { answer, top } = clean;
  return {
    model: { family: model.family, layers: model.layers, heads: model.heads, hidden: model.hidden },
    device: model.device,
    prompt: example.prompt,
    input_ids: example.inputIds,
    tokens: example.tokens.length,
    image_tokens: example.imageTokens,
    sets: example.sets,
    answer: {
      token: answer.token,
      ids: answer.ids,
      text: answer.text,
      probability: answer.probability,
      ...(answer.correct !== undefined && { correct: answer.correct }),
    },
    top,
    knockouts: curves.flatMap((curve) =>
      curve
        ? [
            {
              edge: curve.edge,
              ...('window' in curve.knockout && { window: curve.window }),
              ...(curve.heads && { heads: curve.heads }),
              scores: curve.scores,
              change: curve.change,
            },
          ]
        : [],
    ),
    lens: { without_norm: lens.withoutNorm, with_norm: lens.withNorm, top: lens.top },
  };
}
