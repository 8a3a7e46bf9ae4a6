/** Tables, figures and lists of the HTML report. */
import type { WrittenFigure } from '../figures/write-figures';
import type { RunFindings } from '../findings';
import { isTablesOnly } from '../run';
import { html, quoted, type Html, type Part } from './template';
import type { CurveDigest } from './content';
import { change, count, pValue, probability, share, spent } from '../../words';

export interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'name' | 'text' | 'value';
}

/**
 * A table that scrolls by itself where the page is too narrow. The first cell of a row is its heading. `told`: what the
 * caption says stands above it already; it is for screen readers alone.
 */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Part[])[],
  told = false,
): Html {
  const style = (i: number): Html => (columns[i]?.kind ? html` class="${columns[i].kind}"` : html``);
  return html`<div class="scroll${told ? ' told' : ''}" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column, i) => html`<th scope="col" ${style(i)}>${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => (i === 0 ? html`<th scope="row" ${style(i)}>${cell}</th>` : html`<td${style(i)}>${cell}</td>`))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Drawings as images: nothing in one can reach the page or another drawing. */
export function figures(list: readonly WrittenFigure[]): Html {
  if (list.length === 0) return html``;
  return html`<div class="figures">
    ${list.map(
      ({ heading, alt, svg, files }) =>
        html`<figure>
          <img src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}" alt="${alt}" />
          <figcaption>${heading}${files.length > 0 ? html` · ${links(files)}` : undefined}</figcaption>
        </figure>`,
    )}
  </div>`;
}

/** By their endings, where the files lie beside the report. */
export const links = (files: readonly string[], whole = false): Html[] =>
  files.map(
    (file, i) =>
      html`${i > 0 ? ', ' : ''}<a href="${address(file)}"
          >${whole ? file : file.slice(file.lastIndexOf('.') + 1).toUpperCase()}</a
        >`,
  );

/** A relative address; a name with a colon must not be taken for a scheme. */
export const address = (file: string): string =>
  `./${file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')}`;

/** Stands over both reports' tables of curves. */
export const CURVES_TOLD =
  'Mean change of the answer’s probability where it is lowest, with the 95% bootstrap interval of that layer, and whether it is significant (Wilcoxon signed-rank test over questions, Holm’s correction over layers). The layer was chosen by looking at all of them; p is corrected for that, the interval is not.';

export function curveTable(curves: readonly CurveDigest[]): Html {
  if (curves.length === 0) return html``;
  return table(
    CURVES_TOLD,
    [
      { title: 'Knockout', kind: 'name' },
      { title: 'Window', kind: 'number' },
      { title: 'Questions', kind: 'number' },
      { title: 'Lowest mean', kind: 'number' },
      { title: '95% interval', kind: 'number' },
      { title: 'At layer', kind: 'number' },
      { title: 'p', kind: 'number' },
    ],
    curves.map(({ label, window, questions, lowest }) => [
      quoted(label),
      window ?? '–',
      count(questions),
      lowest ? change(lowest.mean) : '–',
      lowest?.low !== undefined && lowest.high !== undefined ? `${change(lowest.low)} to ${change(lowest.high)}` : '–',
      lowest?.layer ?? '–',
      pValue(lowest?.test?.holm),
    ]),
  );
}

export function wrongTable({ wrong, dropped }: RunFindings): Html {
  return table(
    cut('Answers left out', wrong.length, dropped),
    [
      { title: 'Question', kind: 'name' },
      { title: '', kind: 'text' },
      { title: 'Right' },
      { title: 'Answered' },
      { title: 'Probability', kind: 'number' },
    ],
    wrong.map((r) => [
      quoted(r.question_id),
      quoted(r.question),
      quoted(r.gold),
      quoted(r.answer),
      probability(r.base),
    ]),
  );
}

export function failureTable({ failures, failed }: RunFindings): Html {
  return table(
    cut('Questions that could not be asked', failures.length, failed),
    [
      { title: 'Question', kind: 'name' },
      { title: 'Row', kind: 'number' },
      { title: 'Why', kind: 'text' },
    ],
    failures.map((r) => [quoted(r.question_id), count(r.row + 1), quoted(r.error)]),
  );
}

/** Right answers, and their share where the others are known. */
export const rightly = ({ run, kept, dropped }: Pick<RunFindings, 'run' | 'kept' | 'dropped'>): string =>
  isTablesOnly(run) ? count(kept) : `${count(kept)} (${share(kept, kept + dropped)})`;

/** Says what a list leaves out. */
export const cut = (what: string, shown: number, all: number): string =>
  shown < all ? `${what}: the first ${count(shown)} of ${count(all)}` : `${what}: ${count(all)}`;

export function overviewTable(
  digests: readonly RunFindings[],
  anchors: readonly string[],
  wanted: readonly (number | undefined)[],
): Html {
  return table(
    'Runs',
    [
      { title: 'Task', kind: 'name' },
      { title: 'Model', kind: 'name' },
      { title: 'Questions', kind: 'number' },
      { title: 'Answered rightly', kind: 'number' },
      { title: 'Left out', kind: 'number' },
      { title: 'Failed', kind: 'number' },
      { title: 'Time', kind: 'number' },
    ],
    digests.map((d, i) => {
      const asked = d.kept + d.dropped + d.failed;
      const all = wanted[i] ?? asked;
      return [
        html`<a href="#${anchors[i]}">${quoted(d.run.task)}</a>`,
        quoted(d.run.model),
        asked < all ? `${count(asked)} of ${count(all)}` : count(asked),
        rightly(d),
        count(d.dropped),
        d.failed > 0 ? html`<span class="bad">${count(d.failed)}</span>` : '0',
        spent(d.seconds),
      ];
    }),
    true,
  );
}
