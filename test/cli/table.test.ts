import assert from 'node:assert/strict';
import { resultTable } from '../../src/cli/table';
import type { ResultDocument, ResultKnockout } from '../../src/core/engine/result';

/** Scores and changes of a clean probability of 0.5. */
const knockout = (edge: string, change: number[], window?: number): ResultKnockout => ({
  edge,
  ...(window === undefined ? {} : { window }),
  scores: change.map((c) => 0.5 * (1 + c / 100)),
  change,
});
const shown = (...knockouts: ResultKnockout[]): string => {
  const result: Pick<ResultDocument, 'answer' | 'knockouts' | 'top'> & { readonly model: { readonly layers: number } } =
    {
      answer: { token: 1, ids: [1], text: 'Right', probability: 0.5 },
      top: [
        { token: 1, text: 'Right', probability: 0.5 },
        { token: 2, text: 'Cross', probability: 0.00027 },
      ],
      model: { layers: 4 },
      knockouts,
    };
  return resultTable(
    { ...result, lens: { with_norm: {}, without_norm: {}, top: [] } } as unknown as ResultDocument,
    'Is it right?',
    undefined,
    3,
  );
};
const row = (text: string, edge: string): string => text.split('\n').find((line) => line.startsWith(edge)) ?? '';

describe('the table of crossflow run', () => {
  it('shows the largest change, a rise as well as a fall, and rises in its bars', () => {
    const text = shown(knockout('mlp:Last', [3.8, 100, -0.7, 0], 3), knockout('Image->Last', [0, -98, 1, 0], 3));
    assert.match(row(text, 'mlp:Last'), /^mlp:Last +\+100\.0 % +1 {2}▅█▄▅$/u);
    assert.match(row(text, 'Image->Last'), /^Image->Last +−98\.0 % +1 {2}▅▁▅▅$/u);
    assert.match(text, /in percent of the clean run's 50\.0 %\.\nBars are the probability itself, a full one 100\.0 %/);
  });

  it('names no layer where nothing changes', () => {
    assert.match(row(shown(knockout('Last->Last', [0, -0.04, 0, 0], 3)), 'Last'), /^Last->Last +no change {9}████$/u);
    assert.match(row(shown(knockout('Last->Last', [NaN, NaN, NaN, NaN], 3)), 'Last'), /^Last->Last +–/u);
  });

  it('says by which layer, which is another one for prune', () => {
    const [edge, prune] = [knockout('Image->Last', [-1, 0, 0, 0], 3), knockout('prune:Image', [25, 26, 0, 0])];
    assert.match(shown(edge), /; by centre layer of the window \(3\)\.\n/);
    assert.match(shown(prune), /; by layer after which tokens are dropped \(prune\)\.\n/);
    assert.match(shown(edge, prune), /; by centre layer of the window \(3\), or layer after which .* \(prune\)\.\n/);
  });

  it('writes small probabilities as the panel does', () => {
    assert.match(shown(), /then Cross 0\.027 %/);
  });
});
