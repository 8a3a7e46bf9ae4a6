/** What tables say of a run's curves. */
import { curveStyles } from '../figures/labels';
import { windowOf } from '../figures/run-figures';
import type { RunFindings } from '../findings';
import type { CurveDigest } from './content';

export function curveSummaries({ run, statistics }: Pick<RunFindings, 'run' | 'statistics'>): CurveDigest[] {
  const { knockouts } = run.header.about;
  return curveStyles(knockouts).map(({ label }, i): CurveDigest => {
    const [lowest] = [...(statistics?.flow[i] ?? [])].sort((a, b) => a.mean - b.mean);
    const window = windowOf(knockouts[i]);
    return { label, ...(window !== undefined && { window }), questions: lowest?.n ?? 0, ...(lowest && { lowest }) };
  });
}
