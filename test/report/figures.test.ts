import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { parseFragment, type DefaultTreeAdapterTypes } from 'parse5';
import sharp from 'sharp';
import type { Knockout } from '../../src/core/experiment/types';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import type { FigureData } from '../../src/core/report/figures/figure-data';
import { exampleKnockouts, exampleLens, knockoutFigure, lensFigure } from '../../src/core/report/figures/figures';
import { curveStyles } from '../../src/core/report/figures/labels';
import { dashOf, lookName, looksOf, SERIES_ON_WHITE } from '../../src/core/experiment/looks';
import { lensTable } from '../../src/core/report/tables/example';
import { repositoryRoot } from '../support/golden';
import { heatMap } from '../../src/core/report/figures/heat-map';
import { legendFigure } from '../../src/core/report/figures/legend';
import { renderAll, renderFigure, renderSvg } from '../../src/core/report/figures/render';
import { lettersOf } from '../../src/core/report/figures/svg-fonts';

const edge = (text: string, change: object = {}): Knockout => {
  const [from = '', to = ''] = text.split('->');
  return { kind: 'edge', from, to, window: 9, ...change };
};
const published = PUBLISHED_EDGES.map((text) => edge(text));

const data = (knockouts: readonly Knockout[], layers = 32): FigureData => ({
  title: 'ChooseAttr, llava-1.5-7b <test> & more',
  caption: '900 questions',
  curves: curveStyles(knockouts).map((style, i) => ({
    ...style,
    points: Array.from({ length: layers }, (_, layer) => {
      const mean = -90 * Math.exp(-((layer - 3 * i - 4) ** 2) / 20);
      return { layer, n: 900, mean, low: mean - 3, high: mean + 3 };
    }),
  })),
  lastLayer: layers - 1,
});

/** Texts of an SVG, entities resolved. */
const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, t = '']) =>
    t.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );

/** Every element of a document. */
function elements(node: DefaultTreeAdapterTypes.Node): DefaultTreeAdapterTypes.Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elements) : [];
  return 'tagName' in node ? [node, ...children] : children;
}

describe('figures', () => {
  it('names edges and colours as published, each its own', () => {
    const styles = curveStyles(published);
    assert.deepEqual(
      styles.map((s) => s.label),
      ['Question↛Last', 'Image↛Last', 'Last↛Last', 'Image↛Question', 'Related Image Patches↛Question', 'Other Image Patches↛Question'],
    ); // prettier-ignore
    assert.deepEqual(styles.map((s) => s.name), PUBLISHED_EDGES); // prettier-ignore
    assert.equal(new Set(styles.map((s) => s.colour)).size, 6);
    // The colour hangs on the edge, not on what else is in the figure.
    assert.equal(curveStyles([published[3]])[0].colour, styles[3].colour);
  });

  it('tells knockouts apart that differ in window or heads, and any number of others', () => {
    const twice = curveStyles([
      edge('Image->Last'),
      edge('Image->Last', { window: 5 }),
      edge('Image->Last', { window: 5, heads: [1] }),
    ]);
    assert.deepEqual(twice.map((s) => s.name), ['Image->Last w9', 'Image->Last w5', 'Image->Last w5 h1']); // prettier-ignore
    assert.equal(new Set(twice.map((s) => s.label)).size, 3);
    const many = curveStyles(Array.from({ length: 20 }, (_, i) => edge(`set${i}->Last`)));
    assert.equal(new Set(many.map((s) => s.colour + s.dash.join())).size, 20);
  });

  it('shows title, caption, axes, and every label whole', async () => {
    const svg = await renderSvg(knockoutFigure(data(published)));
    const shown = texts(svg);
    const wanted = [
      'Centre layer',
      'Change in probability (%)',
      'ChooseAttr, llava-1.5-7b <test> & more',
      '900 questions',
    ];
    for (const text of [...wanted, ...curveStyles(published).map((s) => s.label)]) {
      assert.ok(shown.includes(text), `${text} in ${shown.join(' | ')}`);
    }
    const lens = texts(await renderSvg(lensFigure(data(published))));
    for (const text of ['Probability (%)', 'Residual row (0 = embedding)']) assert.ok(lens.includes(text), text);
    for (const { colour } of curveStyles(published)) assert.ok(svg.includes(colour));
  });

  it('texts that look like markup are text', async () => {
    const markup = '<b onmouseover="alert(1)">"x"</b>';
    const svg = await renderSvg(
      knockoutFigure({ ...data([edge(`${markup}->Last`)]), title: markup, caption: `Is ${markup} red? → ${markup}` }),
    );
    const found = elements(parseFragment(svg));
    assert.ok(found.length > 50 && found.some((e) => e.tagName === 'svg'));
    for (const { tagName, attrs } of found) {
      assert.notEqual(tagName, 'b');
      assert.ok(!attrs.some(({ name }) => name.startsWith('on')), tagName);
    }
    const shown = texts(svg).join(' ').replaceAll('&quot;', '"');
    assert.ok(shown.includes(`Is ${markup} red? → ${markup}`), shown);
  });

  it('nothing is drawn outside the picture: its border stays white, whatever the names', async () => {
    const long = Array.from({ length: 7 }, (_, i) =>
      edge(`a rather long name of a token set ${i}, as people write them->Question without Options and so on`),
    );
    const named = { ...data(long), title: 'a/model-with-a-name-of-many-parts-v1.6-instruct-hf '.repeat(3) };
    const drawings = {
      published: knockoutFigure(data(published)),
      long: knockoutFigure(named),
      print: knockoutFigure(data(published), 'print'),
      legend: legendFigure(named),
      heat: heatMap({ ...named, curves: named.curves.map((c, i) => ({ ...c, label: String(2 * i + 1) })) }),
    };
    for (const [what, spec] of Object.entries(drawings)) {
      const png = await renderFigure(spec, 'png');
      const { data: pixels, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      assert.equal((await sharp(png).metadata()).density, 300);
      const white = (x: number, y: number) => [0, 1, 2].every((c) => pixels[(y * info.width + x) * 3 + c] === 255);
      for (let x = 0; x < info.width; x++) assert.ok(white(x, 0) && white(x, info.height - 1), what);
      for (let y = 0; y < info.height; y++) assert.ok(white(0, y) && white(info.width - 1, y), what);
      // And something is drawn inside.
      assert.ok(pixels.some((v) => v < 100));
      // Long names go on in the next line: no wider than a page at 300 dpi.
      assert.ok(what === 'legend' || info.width < 6.5 * 300, `${what}: ${info.width} pixels wide`);
    }
  });

  it('has all of a name, in lines, and nothing but the plot in print', async () => {
    const name = 'a rather long name of a token set, as people write them->Question without Options and so on';
    const svg = await renderSvg(knockoutFigure(data([edge(name)])));
    const lines = [...svg.matchAll(/<tspan[^>]*>([^<]*)<\/tspan>/g)].map(([, line]) => line);
    assert.ok(lines.join(' ').includes(name.replace('->', '↛')), lines.join(' | '));
    const plot = texts(await renderSvg(knockoutFigure(data(published), 'print')));
    assert.ok(plot.includes('Centre layer') && !plot.some((text) => text.includes('↛') || text.includes('questions')));
    const legend = texts(await renderSvg(legendFigure(data(published))));
    assert.deepEqual(legend.sort(), curveStyles(published).map((s) => s.label).sort()); // prettier-ignore
  });

  it('no change at all is a line at zero on an axis of a percent', async () => {
    const flat = data([edge('Image->Last')]);
    const points = flat.curves[0].points.map(({ layer }) => ({ layer, n: 900, mean: 1e-9 * layer }));
    const shown = texts(await renderSvg(knockoutFigure({ ...flat, curves: [{ ...flat.curves[0], points }] })));
    assert.ok(shown.includes('−0.5') && shown.includes('0.5') && shown.includes('0.0'), shown.join(' '));
    // A figure without a curve is drawn, too.
    assert.ok(texts(await renderSvg(knockoutFigure({ ...flat, curves: [] }))).includes('Centre layer'));
  });

  it('an SVG brings the glyphs of its letters, each face its own', async () => {
    const svg = Buffer.from(await renderFigure(knockoutFigure(data(published)), 'svg')).toString();
    const rules = [...svg.matchAll(/@font-face\{([^}]*)\}/g)].map(([, rule]) => rule);
    assert.equal(rules.length, 2);
    assert.match(rules[0], /font-weight:normal;.*unicode-range:.*U\+219B/);
    assert.match(rules[1], /font-weight:bold;.*unicode-range:U\+20,U\+26,/);
    for (const rule of rules) {
      const font = Buffer.from(/base64,([^)]*)/.exec(rule)![1], 'base64');
      assert.equal(font.readUInt32BE(0), 0x00010000);
      assert.ok(font.length < 15_000, `${font.length} bytes`);
    }
    // Letters in several lines of one text, and those that XML writes otherwise.
    const letters = lettersOf(
      '<text font-weight="bold"><tspan>a&lt;</tspan><tspan dy="3">b</tspan></text><text x="1">&#x219B;</text>',
    );
    assert.deepEqual([...letters].map(([file, set]) => [file, [...set].join('')]), [['DejaVuSans-Bold.ttf', 'a<b'], ['DejaVuSans.ttf', '↛']]); // prettier-ignore
  });

  it('the same numbers give the same bytes, whatever was drawn before', async () => {
    const first = await renderAll(knockoutFigure(data(published)));
    await renderAll(knockoutFigure(data(published.slice(0, 2), 10)));
    const second = await renderAll(knockoutFigure(data(published)));
    for (const format of ['svg', 'png', 'pdf'] as const) {
      assert.ok(Buffer.from(first[format]).equals(Buffer.from(second[format])), format);
    }
  });

  it('the PDF is vector graphics with its fonts embedded', async () => {
    const { pdf } = await renderAll(knockoutFigure(data(published)));
    const raw = Buffer.from(pdf).toString('latin1');
    assert.match(raw, /^%PDF-1\./);
    assert.match(raw.trimEnd(), /%%EOF$/);
    assert.match(raw, /\/FontName \/[A-Z]{6}\+DejaVuSans\b/);
    assert.match(raw, /\/FontName \/[A-Z]{6}\+DejaVuSans-Bold\b/);
    assert.ok((raw.match(/\/FontFile2 /g) ?? []).length === 2);
    assert.doesNotMatch(raw, /\/Subtype \/Image|Helvetica/);
    const streams = [...raw.matchAll(/\/FlateDecode[^]*?stream\n([^]*?)\nendstream/g)].map(([, bytes = '']) => {
      try {
        return inflateSync(Buffer.from(bytes, 'latin1')).toString('latin1');
      } catch {
        return '';
      }
    });
    const drawing = streams.find((s) => s.includes(' Tf')) ?? '';
    assert.ok((drawing.match(/ l\n/g) ?? []).length > 100, 'lines');
  });

  it('says what a layer is where tokens are dropped after it', () => {
    const curve = (knockout: Knockout) => ({ edge: '', knockout, window: 9, scores: [0.5, 0.9], change: [-44, 0] });
    const [prune, blocked] = [curve({ kind: 'prune', of: 'Image' }), curve(published[0])];
    const axis = (...curves: Parameters<typeof exampleKnockouts>[0]) => exampleKnockouts(curves).axis;
    assert.equal(axis(blocked), undefined);
    assert.equal(axis(prune), 'After layer');
    assert.equal(axis(blocked, prune), 'Centre layer (dropped: after layer)');
  });

  it('sets the last row of a lens without the norm apart, for that one has gone through it', async () => {
    const lens = { withNorm: { red: [0, 0.9, 0.9] }, withoutNorm: { red: [0, 0.5, 0.9] }, top: [] };
    const drawn = async (norm: 'withNorm' | 'withoutNorm') => {
      const svg = await renderSvg(lensFigure(exampleLens(lens, norm)));
      return {
        lines: (svg.match(/mark-line[^]*?<\/g>/)?.[0].match(/d="M[^"]*"/g) ?? []).map((d) => d.split('L').length),
        caption: texts(svg).join(' '),
      };
    };
    const [withNorm, without] = [await drawn('withNorm'), await drawn('withoutNorm')];
    assert.deepEqual([withNorm.lines, without.lines.filter((points) => points > 1)], [[3], [2]]);
    assert.match(without.caption, /without the final norm, but for the last row, which has gone through it/);
    assert.doesNotMatch(withNorm.caption, /without/);
  });

  it('has the names, colours and dashes of the panel for a single question', async () => {
    const knockouts = [edge('Image Central Object->Question'), edge('clicked->Question'), edge('Question->Last')];
    const curves = knockouts.map((knockout) => ({ edge: '', knockout, window: 9, scores: [1, 1], change: [-44, 0] }));
    const looks = looksOf(knockouts.map(lookName));
    const figure = exampleKnockouts(curves, { looks });
    const svg = await renderSvg(knockoutFigure(figure));
    for (const name of ['Image Central Object → Question', 'clicked → Question']) assert.ok(texts(svg).includes(name));
    // Light themes in the page have the colours of white paper.
    const css = readFileSync(join(repositoryRoot, 'webview/styles/base.css'), 'utf8');
    const blocks = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
      [...css.matchAll(new RegExp(`--cf-series-${i}: (#[0-9a-f]{6});`, 'g'))].map((m) => m[1]),
    );
    SERIES_ON_WHITE.forEach((colour, i) => assert.equal(blocks[i][1], colour, `series ${i}`));
    figure.curves.forEach(({ colour, dash }, i) => {
      assert.equal(colour, SERIES_ON_WHITE[looks[i]]);
      assert.deepEqual(dash, dashOf(looks[i]));
      assert.ok(svg.includes(`stroke="${colour}"`), colour);
    });
  });

  it('numbers the rows of a lens as the panel does', async () => {
    const lens = { withNorm: { red: [0, 0.5, 0.9], Star: [0, 0.2, 0.1] }, withoutNorm: {}, top: [] };
    const svg = await renderSvg(lensFigure(exampleLens(lens, 'withNorm', { answer: 'Star' })));
    const shown = texts(svg);
    for (const text of ['emb', '0', '1', 'After layer (emb: the embedding)', 'Star (the answer)'])
      assert.ok(shown.includes(text), `${text} in ${shown.join(' | ')}`);
    assert.ok(!shown.includes('2') && !shown.includes('-1'));
    assert.match(svg, /red, embedding: 0\.0/);
    assert.match(svg, /red, layer 1: 90\.0/);
    assert.match(
      lensTable({ ...lens, withoutNorm: lens.withNorm }),
      /^after layer,red without norm.*\nemb,0,.*\n0,0\.5,.*\n1,0\.9/,
    );
  });

  it('draws a single question without a band', async () => {
    const curve = { edge: 'Question->Last', knockout: published[0], window: 9, scores: [0.5, 0.9], change: [-44, 0] };
    const figure = exampleKnockouts([curve], { title: 'star' });
    const svg = await renderSvg(knockoutFigure(figure));
    assert.ok(texts(svg).includes('Question → Last') && texts(svg).includes('star'));
    assert.doesNotMatch(svg, /mark-area/);
    assert.match(await renderSvg(knockoutFigure(data(published))), /mark-area/);
  });
});
