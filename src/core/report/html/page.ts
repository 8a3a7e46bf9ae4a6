/** The HTML page. */
import { createHash } from 'node:crypto';
import { isTablesOnly } from '../run';
import { runFacts, type Fact } from './facts';
import { outlierList } from './outlier-list';
import { curveTable, failureTable, figures, links, overviewTable, table, wrongTable } from './parts';
import type { ReportContent, RunPart } from './content';
import { STYLE } from './style';
import { html, Html, quoted, type Part } from './template';
import { count, plural, share } from '../../words';

/** Nothing is loaded, run or sent; the one style is known by its hash. */
const POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

export function htmlReport(content: ReportContent): string {
  const { title, overview, parts, machine } = content;
  const anchors = parts.map((_, i) => `run-${i + 1}`);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title} – Crossflow</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <p class="note">Crossflow report</p>
          <h1>${quoted(title)}</h1>
          <p class="lead">${summary(parts)}</p>
        </header>
        <main>
          ${parts.length > 1 ? contents(content, anchors) : undefined}
          <h2 id="runs">What was run</h2>
          ${overviewTable(
            parts,
            anchors,
            parts.map((part) => part.wanted),
          )}
          <p class="note">
            Curves are means over the questions that the model answers rightly, as in the study; the others are left
            out.
          </p>
          ${
            overview.length > 0
              ? html`<h2 id="comparison">Comparison</h2>
                  ${figures(overview)}`
              : undefined
          }
          ${parts.map((part, i) => run(part, anchors[i] ?? ''))}
          <h2 id="made">How this was made</h2>
          ${facts('Program and machine that wrote this report', machine)}
        </main>
      </body>
    </html> `;
  return page.text;
}

/** In words what came of all runs. */
export function summary(parts: readonly RunPart[]): string {
  const sum = (of: readonly RunPart[], key: 'kept' | 'dropped' | 'failed'): number =>
    of.reduce((total, part) => total + part[key], 0);
  const asked = parts.filter((part) => !isTablesOnly(part.run));
  const read = parts.filter((part) => isTablesOnly(part.run));
  const [kept, dropped, failed] = [sum(asked, 'kept'), sum(asked, 'dropped'), sum(asked, 'failed')];
  return [
    ...(parts.length > 1 ? [`${plural(parts.length, 'run')}.`] : []),
    ...(asked.length > 0
      ? [
          `${plural(kept + dropped, 'question')} answered, ${count(kept)} (${share(kept, kept + dropped)}) of them rightly.`,
        ]
      : []),
    ...(failed > 0 ? [`${plural(failed, 'question')} could not be asked.`] : []),
    ...(read.length > 0
      ? [`${plural(sum(read, 'kept'), 'right answer')} read from tables, which hold no others.`]
      : []),
  ].join(' ');
}

function contents({ overview, parts }: ReportContent, anchors: readonly string[]): Html {
  return html`<nav aria-label="Contents">
    <ul class="contents">
      <li><a href="#runs">What was run</a></li>
      ${overview.length > 0 ? html`<li><a href="#comparison">Comparison</a></li>` : undefined}
      ${parts.map(
        (part, i) => html`<li><a href="#${anchors[i]}">${quoted(part.run.task)}, ${quoted(part.run.model)}</a></li> `,
      )}
      <li><a href="#made">How this was made</a></li>
    </ul>
  </nav>`;
}

function run(part: RunPart, anchor: string): Html {
  const { run, kept, outliers, wanted, damaged, tables } = part;
  const asked = kept + part.dropped + part.failed;
  return html`<section aria-labelledby="${anchor}">
    <h2 id="${anchor}">${quoted(run.task)}, ${quoted(run.model)}</h2>
    <p>
      ${isTablesOnly(run) ? `${plural(kept, 'right answer')}, read from tables.` : `${count(kept)} of ${plural(kept + part.dropped, 'question')} answered rightly (${share(kept, kept + part.dropped)}).`}${wanted !== undefined && asked < wanted ? html` <strong>The run is not complete: ${count(asked)} of ${count(wanted)} questions so far.</strong>` : undefined}${damaged ? html` <span class="bad">${plural(damaged, 'damaged line')} in the journal; the questions are asked again by the next run.</span>` : undefined}${tables?.length ? html` Tables: ${links(tables, true)}.` : undefined}
    </p>
    <h3>Curves</h3>
    ${kept > 0 ? html`${figures(part.figures)}${curveTable(part.curves)}` : html`<p>No question was answered rightly, so there is nothing to draw.</p>`}
    ${outliers.length > 0 ? outlierSection(part) : undefined}
    ${
      part.dropped > 0
        ? html`<h3>Answers left out</h3>
            ${confusions(part)}${wrongTable(part)}`
        : undefined
    }
    ${
      part.failed > 0
        ? html`<h3>Questions that could not be asked</h3>
            ${failureTable(part)}`
        : undefined
    }
    <h3>Settings</h3>
    ${facts('Settings', runFacts(run))}
  </section>`;
}

function outlierSection({ outliers, pictures, curves, kept }: RunPart): Html {
  const drawn = pictures.filter((picture) => typeof picture !== 'string');
  const key = html`<p class="note">
    Marked:<span class="key of-box"></span>boxes of the
    objects${drawn.some((p) => p.patches.length > 0) ? html`<span class="key of-patch"></span>patches that belong to them` : undefined}.
  </p>`;
  return html`<h3>Outliers</h3>
    <p>
      The ${plural(outliers.length, 'question')} of ${count(kept)} whose curves lie farthest from the mean anywhere, in
      standard deviations over questions.
    </p>
    ${drawn.length > 0 ? key : undefined}
    ${outlierList(
      outliers,
      pictures,
      curves.map((curve) => curve.label),
    )}`;
}

function confusions({ confusions }: RunPart): Html {
  const often = confusions.filter((pair) => pair.count > 1);
  if (often.length === 0) return html``;
  return html`<p>
    Most often:
    ${often.map((pair, i) => html`${i > 0 ? ', ' : ''}${quoted(pair.answer)} for ${quoted(pair.gold)} (${count(pair.count)})`)}.
  </p>`;
}

function facts(caption: string, list: readonly Fact[]): Html {
  const rows = list.map(([what, value]): Part[] => [
    what,
    /^sha256 /.test(value) ? html`<code>${value}</code>` : quoted(value),
  ]);
  return table(
    caption,
    [
      { title: 'What', kind: 'name' },
      { title: 'Value', kind: 'value' },
    ],
    rows,
    true,
  );
}
