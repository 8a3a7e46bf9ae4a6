/** Questions, answers and names that look like markup are text, in the panel and in the results view. */
import assert from 'node:assert/strict';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser, type TestPage } from './support/page';
import { openResults } from './support/results';

const MARKUP = '<b onmouseover="window.hit = true">"x"</b>';
const QUESTION = `Is ${MARKUP} a star?`;

/** Elements that the markup would have made, and whether its script ran; open shadow roots too. */
async function markupIn(page: TestPage['page']): Promise<{ readonly elements: number; readonly hit: boolean }> {
  return page.evaluate(() => {
    const within = (root: Document | ShadowRoot): Element[] =>
      [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? within(e.shadowRoot) : [])]);
    const made = within(document).filter(
      (e) => e.hasAttribute('onmouseover') || (e.localName === 'b' && e.textContent === '"x"'),
    );
    return { elements: made.length, hit: 'hit' in window };
  });
}

describe('panel: markup in texts', () => {
  after(closeBrowser);

  it('of question, answer, options, sets and tokens', async () => {
    const engine = recorded('star');
    const tokens = engine.example.tokens.map((token, i) =>
      i === engine.example.tokens.length - 3 ? { ...token, text: MARKUP } : token,
    );
    const host = await FakeHost.open({
      ...engine,
      experiment: {
        ...engine.experiment,
        question: QUESTION,
        gold: MARKUP,
        options: [MARKUP, 'circle'],
        sets: { ...engine.experiment.sets, [MARKUP]: { kind: 'patches', patches: [1] } },
      },
      example: { ...engine.example, tokens },
      clean: { ...engine.clean, answer: { ...engine.clean.answer, text: MARKUP } },
    });
    try {
      const { page } = host;
      await page.getByText(MARKUP, { exact: false }).first().waitFor();
      // what lies under the pointer would have run it
      for (const place of await page.getByText(MARKUP, { exact: false }).all()) {
        if (await place.isVisible()) await place.hover({ force: true });
      }
      const whole = await page.evaluate(() => document.body.innerText);
      assert.ok(whole.includes(MARKUP), whole.slice(0, 400));
      assert.deepEqual(await markupIn(page), { elements: 0, hit: false });
      assert.deepEqual(host.complaints, []);
    } finally {
      await host.close();
    }
  });

  it('of the rows of a CSV, and of the questions that failed', async () => {
    const view = await openResults(3, 'dark', 1200, [{ questionId: MARKUP, message: `no picture ${MARKUP}` }], {
      questionId: MARKUP,
      question: QUESTION,
      gold: MARKUP,
      predicted: MARKUP,
    });
    try {
      const { page } = view;
      await page.getByText(QUESTION).first().waitFor();
      await page.getByText(QUESTION).first().hover();
      assert.ok((await page.getByText(MARKUP, { exact: false }).count()) >= 3);
      assert.deepEqual(await markupIn(page), { elements: 0, hit: false });
      assert.deepEqual(view.complaints, []);
    } finally {
      await view.close();
    }
  });
});
