/**
 * Results beside the text that they belong to. While the text has errors, the last ones stay where they still fit: they
 * would otherwise come and go with every key that is pressed. Pure.
 */
import type { Node } from 'jsonc-parser';
import { sourceOf } from '../../core/experiment/parse';
import type { Source } from '../../core/experiment/source';
import type { Experiment } from '../../core/experiment/types';
import type { Shown } from '../live/shown';
import { answerHint, curveHint, curveOf } from './describe';

export interface Hint {
  /** Behind what it stands. */
  readonly offset: number;
  readonly text: string;
  readonly tooltip: string;
}

/** `readable`: what can be computed of the text, or of the last one that could be read. */
export function hintsOf(source: Source, readable: Experiment | undefined, shown: Shown): Hint[] {
  if (!readable) return [];
  const written = (from: Source, node: Node): string => from.text.slice(node.offset, node.offset + node.length);
  const readIn = sourceOf(readable);
  const knockouts = new Map(
    readable.knockouts.flatMap((knockout, i) => {
      const node = readIn.node(['knockouts', i]);
      return node ? [[written(readIn, node), knockout] as const] : [];
    }),
  );
  const behind = (node: Node, text: string | undefined, tooltip: string): Hint[] =>
    text === undefined ? [] : [{ offset: node.offset + node.length, text, tooltip }];
  const question = source.node(['question']);
  const same = question?.value === shown.asked?.question.question;
  return [
    ...(question && same ? behind(question, answerHint(shown), 'The answer and its probability in the clean run') : []),
    ...(source.node(['knockouts'])?.children ?? []).flatMap((node) => {
      const knockout = knockouts.get(written(source, node));
      const curve = knockout && curveOf(knockout, shown);
      if (!curve) return [];
      return behind(node, curveHint(curve), "Largest change of the answer's probability over all centre layers");
    }),
  ];
}
