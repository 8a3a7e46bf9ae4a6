import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { parseComputable } from '../../src/core/experiment/computable';
import { parseExperiment, sourceOf } from '../../src/core/experiment/parse';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import { Source } from '../../src/core/experiment/source';
import { knockoutLabel } from '../../src/core/experiment/types';
import type { Curve, ModelInfo, ExampleInfo, CleanResult } from '../../src/core/engine/types';
import { answerHint, curveHint, curveOf, describe as describeAt, strongest } from '../../src/host/language/describe';
import { hintsOf } from '../../src/host/language/hints';
import { wanted } from '../../src/host/live/plan';
import { boxFor, hasBoxes, modelFacts } from '../../src/host/commands/birth';
import { experimentText, middleOf } from '../../src/host/commands/template';
import { questionText } from '../../src/host/dataset/question-text';
import { temporaryFolder } from '../support/temporary';
import { experiment, modelFolder, root } from './support';

const read = experiment();
const curve = (change: number[]): Curve => ({
  edge: 'Question->Last',
  knockout: read.knockouts[0],
  window: 3,
  change,
  scores: change.map((c) => 0.5 * (1 + c / 100)),
});
const shown = {
  knockouts: read.knockouts,
  curves: [curve([0, -92.4, 3]), null],
  model: { layers: 3 } as ModelInfo,
  asked: { model: read.model, question: wanted(read, [])!.question, method: read.method },
  example: { sets: { Last: [9], Question: [5, 6, 7] } } as unknown as ExampleInfo,
  clean: { answer: { text: 'Star', probability: 0.5, correct: true } } as CleanResult,
};

describe('what the text says about results', () => {
  it('the largest change, in words', () => {
    assert.deepEqual(strongest(shown.curves[0]!), { layer: 1, change: -92.4, score: 0.5 * (1 - 0.924) });
    assert.equal(curveHint(curve([0, -92.4, 3])), '▾ −92.4 % at layer 1');
    assert.equal(curveHint(curve([0, 4.25])), '▴ +4.3 % at layer 1');
    assert.equal(curveHint(curve([0, -0.01])), 'no change');
    assert.equal(curveHint(curve([])), undefined);
    assert.equal(curveHint(curve([NaN, -50])), '▾ −50.0 % at layer 1', 'layers to come do not count');
    assert.equal(answerHint(shown), '→ Star 50.0 % ✓');
    for (const [text, words] of [
      ['▁Star', 'Star'],
      [' two\nwords ', 'two words'],
      ['\n', 'a blank'],
    ])
      assert.equal(
        answerHint({ ...shown, clean: { answer: { text, probability: 0.5 } } as CleanResult }),
        `→ ${words} 50.0 %`,
        'a blank has no mark outside the token strip',
      );
  });
  it('only for a knockout that asks the same', () => {
    assert.equal(curveOf(read.knockouts[0], shown), shown.curves[0]);
    assert.equal(curveOf({ ...read.knockouts[0], window: 4 } as never, shown), undefined);
  });
  it('on an edge: what it blocks, how many tokens, its largest change', () => {
    const { text } = sourceOf(read);
    const hover = describeAt(new Source(text, '/a.flow.json'), text.indexOf('Question->'), read, shown)!;
    for (const part of ['1 token of `Last`', '3 tokens of `Question`', '−92.4 %', 'layer 1', '3 layers']) {
      assert.ok(hover.markdown.includes(part), `${part} in ${hover.markdown}`);
    }
    assert.equal(text.slice(hover.offset, hover.offset + hover.length), '"Question->Last"');
  });
  it('set names and answers are text, whatever stands in them', () => {
    const name = '<b onmouseover="alert(1)">"x"</b> **y** [z](command:run) `code`';
    const raw = { ...JSON.parse(sourceOf(read).text), sets: { [name]: { patches: [0] } }, knockouts: [`${name}->Last`] }; // prettier-ignore
    const parsed = parseExperiment(JSON.stringify(raw), sourceOf(read).file).experiment!;
    const text = JSON.stringify(raw);
    const now = {
      ...shown,
      knockouts: parsed.knockouts,
      example: { sets: { Last: [9], [name]: [1, 2] } } as unknown as ExampleInfo,
      clean: { answer: { text: name, probability: 0.5, correct: true } } as CleanResult,
    };
    const markdown = new MarkdownIt({ html: true });
    for (const [at, times] of [[text.indexOf(`->Last`), 4], [text.indexOf('"sets":{"') + 10, 1]] as const) {
      const hover = describeAt(new Source(text, '/a.flow.json'), at, parsed, now)!;
      const html = markdown.render(hover.markdown);
      assert.doesNotMatch(html, /<b |<a |onmouseover="/, html);
      // in bold, as the source, and as the answer
      const plain = html.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"');
      assert.equal(plain.split(name).length - 1, times - (times > 1 ? 1 : 0), plain);
    }
  }); // prettier-ignore

  it('on an edge behind one that is wrong: still its own', () => {
    const text = sourceOf(read).text.replace('"Question->Last"', '"Imgae->Last","Question->Last"');
    const { computable } = parseComputable(text, sourceOf(read).file);
    const hover = describeAt(new Source(text, '/a.flow.json'), text.indexOf('Question->'), computable, shown)!;
    assert.ok(hover.markdown.startsWith('**Question-\\>Last**'), hover.markdown);
    assert.equal(describeAt(new Source(text, '/a.flow.json'), text.indexOf('Imgae'), computable, shown), undefined);
  });
  it('on a key: what the schema says', () => {
    const text = '{ "window": 3 }';
    assert.match(describeAt(new Source(text, '/a.flow.json'), 4, undefined, shown)!.markdown, /centre layer/);
  });
});

describe('results beside the text', () => {
  const hints = (text: string): string[] => {
    const source = new Source(text, '/a.flow.json');
    const { computable: now } = parseComputable(text, sourceOf(read).file);
    return hintsOf(source, now ?? read, shown).map((hint) => `${text.slice(0, hint.offset).slice(-6)} ${hint.text}`);
  };
  const { text } = sourceOf(read);
  const both = ['star?" → Star 50.0 % ✓', '>Last" ▾ −92.4 % at layer 1'];

  it('stand behind what they are about', () => assert.deepEqual(hints(text), both));

  it('stay where they still fit while the text has errors', () => {
    const broken = text.replace('"Image->Question"', '"Imgae->Question", ');
    assert.equal(parseComputable(broken, sourceOf(read).file).experiment, undefined);
    assert.deepEqual(hints(broken), both);
    assert.deepEqual(hints(broken.slice(0, -1)), both, 'also where the text is no JSON any more');
    assert.deepEqual(hints(broken.replace('a star?', 'a ring?')), both.slice(1), 'another question has no answer yet');
    assert.deepEqual(hints(broken.replace('"Question->Last"', '"Question->Lst"')), both.slice(0, 1));
    assert.deepEqual(hintsOf(new Source(broken, '/a.flow.json'), undefined, shown), []);
  });
});

describe('texts that the extension writes', () => {
  const folder = temporaryFolder();
  it('a new experiment is right at birth, for a picture and for a CSV, with the six edges of the study', () => {
    const dataset = { csv: 'x_ChooseAttr.csv', images: 'images', boxes: true };
    for (const what of [
      { image: 'a "b".jpg', box: middleOf(300, 2000) },
      { dataset, output: 'out' },
    ]) {
      const { experiment: made, problems } = parseExperiment(
        experimentText({ model: './m', prompt: 'vicuna_v1', layers: 10, ...what }),
        '/work/a.flow.json',
      );
      assert.deepEqual(problems, []);
      assert.deepEqual(made?.knockouts.map(knockoutLabel), [...PUBLISHED_EDGES]);
      assert.deepEqual([made.window, made.template], [3, 'vicuna_v1']);
    }
    const plain = parseExperiment(experimentText({ model: './m', image: 'a.gif' }), '/work/a.flow.json');
    assert.deepEqual(plain.problems, []);
    assert.deepEqual(
      [plain.experiment?.knockouts.length, plain.experiment?.window],
      [4, 9],
      'without a box, 32 layers',
    );
  });
  it('a new experiment names a prompt where the checkpoint has none, and has a box in the picture', async () => {
    assert.deepEqual(await modelFacts(modelFolder), { layers: 10 });
    const copy = folder.join('m');
    cpSync(modelFolder, copy, { recursive: true });
    rmSync(path.join(copy, 'chat_template.jinja'));
    assert.deepEqual(await modelFacts(copy), { layers: 10, prompt: 'vicuna_v1' });
    assert.deepEqual(await modelFacts(folder.join('nothing')), {});
    assert.deepEqual(await boxFor(path.join(root, 'examples/images/2300034.jpg')), { box: [84, 84, 168, 168] });
    assert.deepEqual(await boxFor(folder.join('nothing.gif')), {});
    assert.equal(await hasBoxes(path.join(root, 'examples/shapes_val_question_with_choose_ChooseAttr.csv')), true);
    assert.equal(await hasBoxes(folder.join('nothing.csv')), false);
  });
  it("a question of a data set is the same question, with the object's word as a set", () => {
    const dataset = experiment({
      image: undefined,
      question: undefined,
      answer: undefined,
      options: undefined,
      dataset: { csv: 'x_ChooseAttr.csv', images: 'images' },
      knockouts: ['Central Object->Last', 'Image Central Object->Question', 'True Option->Last', 'Image->Last'],
    });
    const question = {
      image: '/work/images/a.jpg',
      instruction: ' x',
      question: 'Is the star red?',
      answer: 'yes',
      template: 'vicuna_v1' as const,
      objects: [[1, 2, 3, 4]] as const,
      objectName: 'star',
      sets: {},
    };
    const text = questionText(dataset, question, '/work');
    const { experiment: again, problems } = parseExperiment(text, '/work/q.flow.json');
    assert.deepEqual(problems, []);
    assert.deepEqual(
      again?.knockouts.map((k) => (k.kind === 'edge' ? `${k.from}->${k.to}` : '')),
      ['object->Last', 'Image Central Object->Question', 'Image->Last'],
    );
    const { subject } = again;
    assert.ok(subject.kind === 'question');
    assert.deepEqual(
      [subject.image, subject.question, subject.instruction, subject.answer],
      [question.image, question.question, ' x', 'yes'],
    );
  });
});
