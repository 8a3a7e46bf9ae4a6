import assert from 'node:assert/strict';
import { chromium, type Browser } from 'playwright-core';
import type { FigureData } from '../../src/core/report/figures/figure-data';
import { knockoutFigure } from '../../src/core/report/figures/figures';
import { FONT_FAMILY, FONT_NAME } from '../../src/core/report/figures/fonts';
import { curveStyles } from '../../src/core/report/figures/labels';
import { renderFigure } from '../../src/core/report/figures/render';
import { measureText } from '../../src/core/report/figures/text-width';
import { LAUNCH } from './support/page';

const data: FigureData = {
  title: 'ChooseAttr, ünï <code> & "model"',
  caption: '900 questions; bands: 95% bootstrap interval of the mean\n▾ significant drop, ▴ rise',
  curves: curveStyles([
    { kind: 'edge', from: 'Question', to: 'Last', window: 9 },
    { kind: 'edge', from: 'Image Central Object', to: 'Question', window: 9 },
  ]).map((style) => ({ ...style, points: [-80.5, -20, 3].map((mean, layer) => ({ layer, mean, low: mean - 1, high: mean + 1 })) })), // prettier-ignore
  lastLayer: 2,
};

describe('fonts of figures', () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch(LAUNCH);
  });
  after(() => browser.close());

  it('an SVG shows its letters in its own glyphs, offline and without the font', async () => {
    const svg = Buffer.from(await renderFigure(knockoutFigure(data), 'svg')).toString();
    assert.ok(svg.length < 60_000, `${svg.length} bytes`);
    // Under a name that no computer has a font for, so that only what is inside can be found.
    const alone = svg
      .replaceAll(`font-family="${FONT_FAMILY}"`, 'font-family="Only Inside, monospace"')
      .replaceAll(`font-family:"${FONT_NAME}"`, 'font-family:"Only Inside"');
    assert.ok(!alone.includes(FONT_NAME));
    const context = await browser.newContext({ offline: true });
    try {
      const page = await context.newPage();
      await page.goto(`data:image/svg+xml;base64,${Buffer.from(alone).toString('base64')}`);
      const { faces, texts } = await page.evaluate(async () => {
        await document.fonts.ready;
        return {
          faces: [...document.fonts].map((face) => `${face.weight} ${face.status}`),
          texts: [...document.querySelectorAll<SVGTextContentElement>('text, tspan')]
            .filter((element) => element.children.length === 0 && element.textContent !== '')
            .map((element) => {
              const { fontSize, fontWeight } = getComputedStyle(element);
              return { text: element.textContent, fontSize, fontWeight, width: element.getComputedTextLength() };
            }),
        };
      });
      assert.deepEqual(faces.sort(), ['bold loaded', 'normal loaded']);
      assert.ok(texts.some(({ text }) => text.includes('↛')) && texts.some(({ text }) => text.includes('▾')));
      const measure = await measureText();
      for (const { text, fontSize, fontWeight, width } of texts) {
        const wanted = measure({ fontSize: parseFloat(fontSize), fontWeight }, text);
        assert.ok(Math.abs(width - wanted) < 0.02 * wanted + 0.5, `"${text}" is ${width} wide, not ${wanted}`);
      }
    } finally {
      await context.close();
    }
  });
});
