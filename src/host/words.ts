/** The words that the lens follows. */
import type { Experiment } from '../core/experiment/types';
import { defaultTrack } from '../core/prompt/track';

export function lensWords({ subject, track }: Experiment): readonly string[] {
  return track ?? (subject.kind === 'question' ? defaultTrack(subject.answer, subject.options) : []);
}
