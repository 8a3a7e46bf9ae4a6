import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Knockout } from '../../src/core/experiment/types';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import { exampleKnockouts, knockoutFigure, lensFigure, type FigureData } from '../../src/core/report/figures';
import { curveStyles } from '../../src/core/report/labels';
import { renderAll, renderSvg } from '../../src/core/report/render';

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
    const wanted = ['Layer', 'Change in probability (%)', 'ChooseAttr, llava-1.5-7b <test> & more', '900 questions'];
    for (const text of [...wanted, ...curveStyles(published).map((s) => s.label)]) {
      assert.ok(shown.includes(text), `${text} in ${shown.join(' | ')}`);
    }
    assert.ok(texts(await renderSvg(lensFigure(data(published)))).includes('Probability (%)'));
    for (const { colour } of curveStyles(published)) assert.ok(svg.includes(colour));
  });

  it('nothing is drawn outside the picture: its border stays white', async () => {
    const long = Array.from({ length: 7 }, (_, i) =>
      edge(`a rather long name of a token set ${i}->Question without Options`),
    );
    for (const knockouts of [published, long]) {
      const { png } = await renderAll(knockoutFigure(data(knockouts)));
      const { data: pixels, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      assert.equal((await sharp(png).metadata()).density, 300);
      const white = (x: number, y: number) => [0, 1, 2].every((c) => pixels[(y * info.width + x) * 3 + c] === 255);
      for (let x = 0; x < info.width; x++) assert.ok(white(x, 0) && white(x, info.height - 1));
      for (let y = 0; y < info.height; y++) assert.ok(white(0, y) && white(info.width - 1, y));
      // And something is drawn inside.
      assert.ok(pixels.some((v) => v < 100));
    }
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

  it('draws a single question without a band', async () => {
    const curve = { edge: 'Question->Last', knockout: published[0], window: 9, scores: [0.5, 0.9], change: [-44, 0] };
    const figure = exampleKnockouts([curve], 'star');
    const svg = await renderSvg(knockoutFigure(figure));
    assert.ok(texts(svg).includes('Question↛Last') && texts(svg).includes('star'));
    assert.doesNotMatch(svg, /mark-area/);
    assert.match(await renderSvg(knockoutFigure(data(published))), /mark-area/);
  });
});
