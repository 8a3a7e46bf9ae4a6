/** The results page with seeded rows. */
import type { ResultRow, FailedQuestion, ResultsToHost } from '../../../src/protocol/panel';
import { random } from '../../support/synthetic';
import { openPage, type TestPage } from './page';
import type { ThemeName } from './themes';

export const EDGES = ['Question->Last', 'Image->Question', 'Image Central Object->Question'];
const LAYERS = 10;

export function seededRows(count: number): ResultRow[] {
  const next = random(11);
  return Array.from({ length: count }, (_, i) => ({
    questionId: String(100000 + i),
    image: `23000${i % 90}.jpg`,
    question: `What is the ${i % 2 ? 'red' : 'white'} shape number ${i}, a circle or a star?`,
    gold: i % 3 ? 'star' : 'circle',
    predicted: i % 3 ? 'Star' : 'Circle',
    baseScore: 0.5 + next() / 2,
    outlier: next() * 4,
    curves: Object.fromEntries(
      EDGES.map((e) => [e, Array.from({ length: LAYERS }, (_l, l) => -90 * next() * Math.exp(-((l - 3) ** 2) / 6))]),
    ),
  }));
}

export async function openResults(
  count: number,
  theme: ThemeName = 'dark',
  width = 1200,
  failed: readonly FailedQuestion[] = [],
  first: Partial<ResultRow> = {},
): Promise<TestPage & { readonly sent: ResultsToHost[] }> {
  const sent: ResultsToHost[] = [];
  const opened = await openPage({
    bundle: 'results',
    theme,
    width,
    receive: (m) => void sent.push(m as ResultsToHost),
  });
  await opened.page.locator('crossflow-results main').waitFor();
  if (count > 0) {
    await opened.deliver({
      type: 'results',
      title: 'shapes ChooseCat',
      edges: EDGES,
      layers: LAYERS,
      rows: seededRows(count).map((row, i) => (i === 0 ? { ...row, ...first } : row)),
      kept: count,
      done: count,
      asked: count + 20,
      failed,
    });
    await opened.page.locator('.cf-rows').waitFor();
  }
  return { ...opened, sent };
}
