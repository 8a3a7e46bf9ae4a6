/** `crossflow study plot` and `crossflow study report`: what is made of the results. */
import type { CrossflowError } from '../core/errors';
import type { Palette } from '../core/report/figures/labels';
import type { Made } from '../core/report/write';
import { listed, print } from './streams';
import { interruptSignal } from './interrupt';
import { progressBar } from './progress';
import { plain, reportAll } from './report';
import { load, type StudyFlags } from './study-load';

export interface PlotFlags extends StudyFlags {
  readonly tablesOnly?: boolean;
  readonly palette?: Palette;
}

export const plot = (file: string, options: PlotFlags): Promise<number> =>
  make(file, options, options.tablesOnly ? ['tables'] : ['tables', 'figures']);

export const report = (file: string, options: PlotFlags): Promise<number> => make(file, options, ['figures', 'report']);

/** Gives the exit code: that of the first run that was left out. */
async function make(file: string, { palette, ...options }: PlotFlags, what: readonly Made[]): Promise<number> {
  const signal = interruptSignal();
  const { study, runs } = await load(file, options);
  const { reportStudy } = await import('../core/study/report');
  const bar = await progressBar();
  const problems: CrossflowError[] = [];
  try {
    const { files } = await reportStudy(study, {
      ...{ runs, make: what, signal },
      ...(palette && { palette }),
      onProgress: (step, done, total) => bar.update(step, done, total),
      onProblem: (error) => problems.push(error),
    });
    bar.stop();
    const code = reportAll(problems);
    const lines = listed(files).map((line) => `${plain(line)}\n`);
    await print(options.json ? `${JSON.stringify(files)}\n` : lines.join(''));
    return code;
  } finally {
    bar.stop();
  }
}
