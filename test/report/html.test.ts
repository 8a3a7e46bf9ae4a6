import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { parse, type DefaultTreeAdapterTypes, type ParserError } from 'parse5';
import sharp from 'sharp';
import type { DroppedRecord, FailedRecord, RowRecord } from '../../src/core/journal/record';
import type { DatasetInput } from '../../src/core/experiment/types';
import { readDataset } from '../../src/core/dataset/rows';
import { escapeMarkdown } from '../../src/core/words';
import { renderSvg } from '../../src/core/report/figures/render';
import { runFigures } from '../../src/core/report/figures/run-figures';
import { readRun } from '../../src/core/report/findings';
import { curveSummaries, type RunPart } from '../../src/core/report/html/content';
import { writeReport } from '../../src/core/report/html/report';
import type { RunResults } from '../../src/core/report/run';
import { writeResults, type OwnResults } from '../../src/core/report/write';
import { EXPERIMENT, header, kept } from '../journal/records';
import { temporaryFolder } from '../support/temporary';

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.Document;

const HOSTILE = [
  '<b onmouseover="alert(1)">"x"</b>',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '</style><style>*{display:none}</style>',
  '--><!-- &lt;b&gt; &amp; ]]>',
  '[x](javascript:alert(1)) ![y](http://e.vil/z.png) <http://e.vil>',
  'www.e.vil http://e.vil a@e.vil | cell | `code` **bold** $x$',
  '# heading\n- list\n\n<iframe src=//e.vil></iframe>',
  '\u202eright to left\u0000\u0007 \ud800 \u2028 end',
];

// eslint-disable-next-line no-control-regex
const NOT_SHOWN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd\p{Cs}\s]+/gu;

const dropped = (row: number, text: string): DroppedRecord => {
  const { curves: _c, lens: _l, ...base } = kept(row);
  return { ...base, is: 'dropped', question: text, gold: text, answer: text, question_id: `w${row} ${text}` };
};
const lost = (row: number, text: string): FailedRecord => {
  const { curves: _c, lens: _l, answer: _a, base: _b, ...base } = kept(row);
  return { ...base, is: 'failed', error: text, question_id: `f${row} ${text}` };
};
const runOf = (records: readonly RowRecord[], change: Partial<RunResults> = {}): RunResults => ({
  model: 'm',
  task: 'ChooseAttr',
  header: header(),
  records: () => records,
  record: (row) => records.find((record) => record.row === row),
  ...change,
});

/** Every element of a document, and its text. */
function elements(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elements) : [];
  return 'tagName' in node ? [node, ...children] : children;
}
const text = (node: Node): string =>
  node.nodeName === '#text' ? (node as DefaultTreeAdapterTypes.TextNode).value : 'childNodes' in node ? node.childNodes.map(text).join('') : ''; // prettier-ignore
const attribute = (element: Element, name: string): string | undefined =>
  element.attrs.find((attr) => attr.name === name)?.value;

describe('the report', () => {
  const folder = temporaryFolder();
  let number = 0;
  /** All that is shown of a run. Figures have their own tests and take their time; drawn for the report alone. */
  const partOf = async (run: RunResults, draw: boolean): Promise<RunPart> => {
    const findings = await readRun(run);
    const figures = [];
    for (const { spec, heading, alt, data } of draw ? runFigures(run.header, findings.statistics!) : [])
      figures.push({ heading, alt, data, svg: await renderSvg(spec), files: [] });
    return { ...findings, figures, pictures: [], curves: curveSummaries(findings) };
  };
  const write = async (runs: readonly RunResults[], draw = true) => {
    const parts = await Promise.all(runs.map((run) => partOf(run, draw)));
    return written((output) => writeReport(parts, output));
  };
  const written = async (work: (output: string) => Promise<readonly string[]>) => {
    const output = folder.join(`report-${number++}`);
    const files = await work(output);
    assert.deepEqual(files.map((file) => path.basename(file)), ['report.html', 'report.md']); // prettier-ignore
    assert.deepEqual(readdirSync(output).sort(), ['report.html', 'report.md']);
    const [html, markdown] = files.map((file) => readFileSync(file, 'utf8'));
    const errors: ParserError[] = [];
    const document = parse(html, { onParseError: (error) => errors.push(error) });
    assert.deepEqual(errors, []);
    return { html, markdown, document, all: elements(document) };
  };

  it('stands alone: nothing is loaded, nothing runs, and the policy says so', async () => {
    const { html, all } = await write([runOf([kept(0), kept(1), dropped(2, 'x'), lost(3, 'y')])]);
    const meta = all.find((e) => e.tagName === 'meta' && attribute(e, 'http-equiv') === 'Content-Security-Policy');
    const style = all.find((e) => e.tagName === 'style')!;
    const hash = createHash('sha256').update(text(style)).digest('base64');
    assert.equal(
      attribute(meta!, 'content'),
      `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    assert.deepEqual(all.filter((e) => ['script', 'iframe', 'object', 'link', 'form'].includes(e.tagName)), []); // prettier-ignore
    for (const e of all) {
      for (const { name, value } of e.attrs) {
        assert.ok(!name.startsWith('on') && name !== 'style', `${e.tagName} ${name}`);
        if (name === 'src' || (name === 'href' && e.tagName === 'image')) assert.match(value, /^data:image\//);
        else if (name === 'href') assert.match(value, /^(#|\.\/)/);
      }
    }
    assert.ok(html.startsWith('<!doctype html>'));
  });

  it('reads well aloud: one title, headings in order, tables with headings, every drawing with words', async () => {
    const { all } = await write([runOf([0, 1, 2, 3].map((i) => kept(i))), runOf([kept(0)], { task: 'QueryAttr' })]);
    const levels = all.flatMap((e) => (/^h[1-6]$/.test(e.tagName) ? [Number(e.tagName[1])] : []));
    assert.deepEqual(levels.filter((level) => level === 1), [1]); // prettier-ignore
    levels.forEach((level, i) => assert.ok(i === 0 || level <= levels[i - 1] + 1, `h${levels[i - 1]} to h${level}`));
    assert.equal(
      attribute(
        all.find((e) => e.tagName === 'html')!,
        'lang',
      ),
      'en',
    );
    for (const table of all.filter((e) => e.tagName === 'table')) {
      const inside = elements(table);
      assert.ok(inside.some((e) => e.tagName === 'caption' && text(e).trim() !== ''));
      assert.ok(inside.some((e) => attribute(e, 'scope') === 'col'));
    }
    const drawings = all.filter((e) => e.tagName === 'img' || (e.tagName === 'svg' && e.attrs.length > 0));
    assert.ok(drawings.length > 4);
    for (const e of drawings) assert.ok(attribute(e, 'alt') ?? attribute(e, 'aria-label'));
    const ids = all.flatMap((e) => attribute(e, 'id') ?? []);
    assert.equal(new Set(ids).size, ids.length);
    for (const e of all) {
      const href = attribute(e, 'href');
      if (href?.startsWith('#')) assert.ok(ids.includes(href.slice(1)), href);
    }
  });

  it('shows what a file says and never does what it says', async () => {
    const records = HOSTILE.flatMap((text, i) => [
      kept(3 * i, { question: text, question_id: `k${i} ${text}`, answer: text, curves: [[0.8, 0.1 * i, 0]] }),
      dropped(3 * i + 1, text),
      lost(3 * i + 2, text),
    ]);
    for (const evil of HOSTILE) {
      const base = header();
      const about = { ...base.about, csv: evil, task: evil, model: { ...base.about.model, name: evil, family: evil } };
      const { all, document, markdown } = await write([runOf(records, { model: evil, task: evil, header: { ...base, about } })], false); // prettier-ignore
      const known = 'html head meta title style body header p h1 main h2 div table caption thead tr th tbody td section h3 figure img figcaption ol li h4 span svg line text polyline circle bdi a code strong'; // prettier-ignore
      assert.deepEqual([...new Set(all.map((e) => e.tagName))].filter((tag) => !known.split(' ').includes(tag)), []); // prettier-ignore
      for (const e of all) assert.ok(e.attrs.every(({ name }) => !name.startsWith('on')));
      const words = text(document);
      for (const shown of HOSTILE.slice(0, 8)) assert.ok(words.includes(shown.replace(/\s+/g, ' ')), shown);
      checkMarkdown(markdown);
    }
  });

  /** As VS Code's preview reads it, with HTML and links let through: nothing but tables, headings and our own links. */
  function checkMarkdown(markdown: string): void {
    const rendered = parse(new MarkdownIt({ html: true, linkify: true }).render(markdown));
    const known = 'html head body h1 h2 h3 p table thead tbody tr th td a img strong'.split(' ');
    for (const e of elements(rendered)) {
      assert.ok(known.includes(e.tagName), `<${e.tagName}>`);
      for (const { name, value } of e.attrs) {
        if (name === 'href' || name === 'src') assert.match(value, /^\.\//);
        else assert.equal(name, 'alt');
      }
    }
  }

  it('escapes any text for Markdown', () => {
    const markdown = new MarkdownIt({ html: true, linkify: true });
    const pieces = fc.constantFrom(
      ...'\\`*_{}[]()#+-.!|<>&~:@$^="\'/ \nabc1'.split(''),
      'http://a.b',
      'www.a.b',
      '&amp;',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces).map((p) => p.join('')),
        ),
        (any) => {
          const line = `| ${escapeMarkdown(any)} | x |`;
          const document = parse(markdown.render(`| a | b |\n| --- | --- |\n${line}`));
          const cells = elements(document).filter((e) => e.tagName === 'td');
          assert.equal(cells.length, 2);
          assert.deepEqual(cells.flatMap(elements).filter((e) => e.tagName !== 'td'), []); // prettier-ignore

          const plain = any.replace(NOT_SHOWN, '');
          assert.equal(text(cells[0]).replace(/[\ufffd\s]+/g, ''), plain);
        },
      ),
    );
  });

  it('tells of every knockout, with many windows, one of its own and none', async () => {
    const edges = ['Question', 'Image', 'Text', 'Object', 'Related'].flatMap((from) => [1, 5, 9].map((window) => ({ kind: 'edge', from, to: 'Last', window }) as const)); // prettier-ignore
    const knockouts = [...edges, { kind: 'edge', from: 'Text', to: 'Last', window: 3 }, { kind: 'prune', of: 'Image' }] as const; // prettier-ignore
    const { identity, about } = header();
    const records = [0, 1, 2].map((i) => kept(i, { curves: knockouts.map((_, k) => [0.8, 0.1 + k / 100, 0.5]) }));
    const run = runOf(records, { header: { identity, about: { ...about, knockouts: [...knockouts] } } });
    const { all, document, markdown } = await write([run]);
    for (const told of [text(document), markdown]) assert.match(told, /p is corrected for that, the interval is not/);
    const rows = markdown.split('\n').filter((line) => /^\| [^|]*(↛Last|dropped after)/.test(line));
    assert.equal(rows.length, knockouts.length);
    for (const row of rows) assert.match(row, /\| 3 \| −\d+\.\d % \|.* \| 1 \|/);
    const drawn = all.filter((e) => e.tagName === 'img').map((e) => attribute(e, 'alt') ?? '');
    for (const window of [1, 3, 5, 9])
      assert.ok(drawn.some((alt) => alt.startsWith(`Knockouts with window ${window}:`) && alt.includes('Image dropped after'))); // prettier-ignore
  });

  it('cuts long lists, says so, and counts all', async () => {
    const records = Array.from({ length: 3000 }, (_, i) =>
      i % 3 === 0
        ? kept(i, { curves: [[0.4, (i % 7) / 10, 0.8]] })
        : i % 3 === 1
          ? dropped(i, 'wrong')
          : lost(i, 'gone'),
    );
    const { html, document, markdown } = await write([runOf(records)], false);
    const words = text(document);
    assert.match(words, /Answers left out: the first 200 of 1,000/);
    assert.match(words, /Questions that could not be asked: the first 100 of 1,000/);
    assert.match(words, /wrong for wrong \(1,000\)/);
    assert.match(markdown, /the first 200 of 1,000/);
    assert.equal(markdown.match(/\| w\d+ wrong \|/g)?.length, 200);
    assert.ok(html.length < 1 << 20, `${html.length} bytes`);
  });

  it('puts pictures in, with the boxes of the CSV, and says why one is missing', async () => {
    const images = folder.join('pictures', 'deep');
    mkdirSync(images, { recursive: true });
    await sharp({ create: { width: 900, height: 600, channels: 3, background: '#456' } }).jpeg().toFile(path.join(images, '1.jpg')); // prettier-ignore
    writeFileSync(path.join(images, '2.jpg'), 'no picture');
    const csv = folder.join('t_ChooseAttr.csv');
    const columns = 'question_id,img_id,question,answer,true option,false option,central object name,central object x,central object y,central object w,central object h'; // prettier-ignore
    const row = (id: number, image: number) => `00000${id},${image},Is the ball red or blue?,red,red,blue,ball,30,40,500,60`; // prettier-ignore
    writeFileSync(csv, [columns, row(0, 1), row(1, 2), row(2, 1), row(3, 1), row(4, 1)].join('\n'));
    const dataset = { csv, images: folder.join('pictures') };
    const { rows } = await readDataset(dataset);
    const spread = [0, 0.9, 0.4, 0.5, 0.3];
    const records = rows.map((r, i) =>
      kept(i, {
        question_id: i === 3 ? 'changed' : r.questionId,
        img_id: r.imageId,
        image_bytes: i === 2 ? 5 : r.imageBytes,
        curves: [[spread[i], 0.4, 0.4]],
      }),
    );
    // Many more that hardly differ.
    records.push(...Array.from({ length: 20 }, (_, i) => kept(5 + i, { curves: [[0.4, 0.4, 0.4]] })));
    const withPictures = (from: DatasetInput) => {
      const experiment = { ...EXPERIMENT, subject: { kind: 'dataset', ...from } as const };
      const run: OwnResults = { ...runOf(records), own: { experiment, folder: '', damaged: 0 } };
      return written(async (output) => (await writeResults([run], output, { make: ['report'] })).files);
    };
    const { html, all, document } = await withPictures(dataset);
    const pictures = all.filter((e) => attribute(e, 'class') === 'picture');
    assert.equal(pictures.length, 2);
    const boxes = all.filter((e) => attribute(e, 'class') === 'box');
    assert.deepEqual(boxes.map((e) => ['x', 'y', 'width', 'height'].map((name) => attribute(e, name))), Array(2).fill(['30', '40', '500', '60'])); // prettier-ignore
    assert.equal(attribute(pictures[0], 'viewbox') ?? attribute(pictures[0], 'viewBox'), '0 0 900 600');
    const data = attribute(
      all.find((e) => e.tagName === 'image')!,
      'href',
    )!;
    const small = await sharp(Buffer.from(data.slice(data.indexOf(',') + 1), 'base64')).metadata();
    assert.deepEqual([small.width, small.height], [320, 213]);
    const words = text(document);
    for (const why of ['not an image file', 'the picture has changed since', 'the data set has changed since'])
      assert.ok(words.includes(why), why);
    assert.ok(html.length < 400_000);
    // Without the data set the report is written all the same.
    const gone = await withPictures({ csv: folder.join('gone.csv'), images });
    assert.ok(text(gone.document).includes('no such CSV file'));
  });

  it('writes nothing when it is stopped', async () => {
    const output = folder.join('stopped');
    await assert.rejects(
      writeResults([runOf([kept(0)])], output, { make: ['report'], signal: AbortSignal.abort() }),
      (e: unknown) => (e as { kind?: string }).kind === 'cancelled',
    );
    assert.ok(!existsSync(output));
  });
});
