/** The same as Markdown: reads well as text, and in a preview; figures are linked where they are files. */
import { runFacts, type Fact } from './facts';
import { address, cut, CURVES_TOLD, rightly } from './parts';
import { summary } from './page';
import type { WrittenFigure } from '../figures/write-figures';
import type { ReportContent, RunPart } from './content';
import { change, count, escapeMarkdown, plural, probability, pValue, spent } from '../../words';

export function markdownReport({ title, overview, parts, machine }: ReportContent): string {
  const lines = [
    `# ${escapeMarkdown(title)}`,
    '',
    summary(parts),
    '',
    '## What was run',
    '',
    ...table(
      ['Task', 'Model', 'Questions', 'Answered rightly', 'Left out', 'Failed', 'Time'],
      parts.map((part) => [
        part.run.task,
        part.run.model,
        asked(part),
        rightly(part),
        count(part.dropped),
        count(part.failed),
        spent(part.seconds),
      ]),
    ),
    'Curves are means over the questions that the model answers rightly, as in the study; the others are left out.',
    '',
    ...(overview.length > 0 ? ['## Comparison', '', ...figures(overview)] : []),
    ...parts.flatMap(run),
    '## How this was made',
    '',
    ...facts(machine),
  ];
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function run(part: RunPart): string[] {
  const { curves, outliers, wrong, failures, confusions, damaged, tables } = part;
  const often = confusions.filter((pair) => pair.count > 1);
  return [
    `## ${escapeMarkdown(`${part.run.task}, ${part.run.model}`)}`,
    '',
    ...(damaged ? [`${plural(damaged, 'damaged line')} in the journal.`, ''] : []),
    ...(tables?.length
      ? [`Tables: ${tables.map((file) => `[${escapeMarkdown(file)}](<${address(file)}>)`).join(', ')}`, '']
      : []),
    '### Curves',
    '',
    ...figures(part.figures),
    ...(curves.length > 0 ? [CURVES_TOLD, ''] : []),
    ...table(
      ['Knockout', 'Window', 'Questions', 'Lowest mean', '95% interval', 'At layer', 'p (Holm)'],
      curves.map(({ label, window, questions, lowest }) => [
        label,
        String(window ?? '–'),
        count(questions),
        lowest ? change(lowest.mean) : '–',
        lowest?.low !== undefined && lowest.high !== undefined
          ? `${change(lowest.low)} to ${change(lowest.high)}`
          : '–',
        String(lowest?.layer ?? '–'),
        pValue(lowest?.test?.holm),
      ]),
    ),
    ...(outliers.length > 0
      ? [
          '### Outliers',
          '',
          'The questions whose curves lie farthest from the mean anywhere, in standard deviations over questions. Their pictures are in [report.html](./report.html).',
          '',
          ...table(
            ['Question', '', 'Answered', 'Knockout', 'Layer', 'Change', 'Mean', 'Deviations'],
            outliers.map(({ record, knockout, layer, curve, mean, deviations }) => [
              record.question_id,
              record.question,
              `${record.answer} (${probability(record.base)})`,
              curves[knockout]?.label ?? '',
              String(layer),
              change(curve[layer] ?? 0),
              change(mean[layer] ?? 0),
              deviations.toFixed(1),
            ]),
          ),
        ]
      : []),
    ...(wrong.length > 0
      ? [
          `### ${cut('Answers left out', wrong.length, part.dropped)}`,
          '',
          ...(often.length > 0
            ? [
                `Most often: ${often.map((pair) => escapeMarkdown(`${pair.answer} for ${pair.gold} (${pair.count})`)).join(', ')}.`,
                '',
              ]
            : []),
          ...table(
            ['Question', '', 'Right', 'Answered', 'Probability'],
            wrong.map((r) => [r.question_id, r.question, r.gold, r.answer, probability(r.base)]),
          ),
        ]
      : []),
    ...(failures.length > 0
      ? [
          `### ${cut('Questions that could not be asked', failures.length, part.failed)}`,
          '',
          ...table(
            ['Question', 'Row', 'Why'],
            failures.map((r) => [r.question_id, count(r.row + 1), r.error]),
          ),
        ]
      : []),
    '### Settings',
    '',
    ...facts(runFacts(part.run)),
  ];
}

function asked({ kept, dropped, failed, wanted }: RunPart): string {
  const all = kept + dropped + failed;
  return wanted !== undefined && all < wanted ? `${count(all)} of ${count(wanted)}` : count(all);
}

/** Those that are files too; others are in report.html alone. */
function figures(list: readonly WrittenFigure[]): string[] {
  return list.flatMap(({ heading, alt, files }) => {
    const shown = files.find((file) => file.endsWith('.png')) ?? files.find((file) => file.endsWith('.svg'));
    return shown === undefined
      ? []
      : [`**${escapeMarkdown(heading)}**`, '', `![${escapeMarkdown(alt)}](<${address(shown)}>)`, ''];
  });
}

const facts = (list: readonly Fact[]): string[] => table(['What', 'Value'], list);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line), ''];
}
