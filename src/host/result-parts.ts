/** What is on the screen, as a whole result: or why it is none. */
import type { ResultParts } from '../core/engine/result';
import { usage } from '../core/errors';
import { pictureTag } from './live/picture';
import type { Shown } from './live/shown';

const AGAIN = 'run the experiment again';

/** @throws CrossflowError `usage` when something is not computed yet, or the picture is no longer the one that was asked about */
export async function resultParts(shown: Shown): Promise<ResultParts> {
  const { model, example, asked, clean, lens, curves, picture } = shown;
  if (!model || !example || !asked || !clean || !lens)
    throw usage('there is no result yet', undefined, 'run the experiment first');
  const file = asked.question.image;
  if (picture && picture.tag !== (await pictureTag(file))) throw usage('the picture has changed', file, AGAIN);
  return { model, example, asked, clean, lens, curves: curves.filter((curve) => curve !== null) };
}
