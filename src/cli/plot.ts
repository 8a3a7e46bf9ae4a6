/** `crossflow plot`: figures and a report of results that are there already, the published scripts' included. */
import { relative, resolve } from 'node:path';
import type { Palette } from '../core/report/figures/labels';
import { interruptSignal } from './interrupt';
import { progressBar } from './progress';
import { plain, reportLine } from './report';
import { checkWritable, print } from './streams';

export interface PlotFlags {
  readonly output: string;
  readonly window?: number;
  readonly palette?: Palette;
  readonly json?: boolean;
}

/** Gives the exit code. */
export async function plot(paths: readonly string[], flags: PlotFlags): Promise<number> {
  const signal = interruptSignal();
  const output = resolve(flags.output);
  await checkWritable(output);
  const [{ findResults }, { writeResults }] = await Promise.all([
    import('../core/report/published/find'),
    import('../core/report/write'),
  ]);
  const bar = await progressBar();
  try {
    bar.update('reading', 0, 1);
    const warnings: string[] = [];
    const found = await findResults(paths, {
      warn: (message) => warnings.push(message),
      ...(flags.window !== undefined && { window: flags.window }),
    });
    try {
      const { files, findings } = await writeResults(found.runs, output, {
        make: ['figures', 'report'],
        signal,
        ...(flags.palette && { palette: flags.palette }),
        onProgress: (step, done, total) => bar.update(step, done, total),
      });
      bar.stop();
      for (const warning of warnings) reportLine(`warning: ${warning} (--window says otherwise)`);
      const runs = findings.map(({ run: { model, task }, kept }) => ({ model, task, questions: kept }));
      await print(flags.json ? `${JSON.stringify({ runs, files })}\n` : text(runs, files, output));
    } finally {
      found.close();
    }
  } finally {
    bar.stop();
  }
  return 0;
}

function text(
  runs: readonly { readonly model: string; readonly task: string; readonly questions: number }[],
  files: readonly string[],
  output: string,
): string {
  const shown = relative(process.cwd(), output) || '.';
  const lines = [
    ...runs.map(({ model, task, questions }) => `${task}, ${model}: ${questions} questions`),
    `  ${shown}/report.html and report.md`,
    `  ${shown}/figures/ (${files.length - 2} files)`,
  ];
  return lines.map(plain).join('\n') + '\n';
}
