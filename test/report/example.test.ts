import assert from 'node:assert/strict';
import type { Curve } from '../../src/core/engine/types';
import { exampleCaption, exampleFigure, type AboutExample } from '../../src/core/report/example';
import { EXPERIMENT } from '../journal/records';

describe('a figure of one question', () => {
  const curve = { knockout: EXPERIMENT.knockouts[0], scores: [0.4, 0.2], change: [-50, -75] } as unknown as Curve;
  const subject = { kind: 'question', image: '/x.jpg', question: ' Is it a star?', answer: 'star', sets: {} } as const;
  const about: AboutExample = {
    experiment: { ...EXPERIMENT, subject: { ...subject, instruction: '' } },
    prompt: 'USER: <image> Is it a star? ASSISTANT:',
    answer: { text: 'Star', probability: 0.5, correct: true } as unknown as NonNullable<AboutExample['answer']>,
    directory: '/models/shapes-llava',
  };

  it('says question, answer, model and window, and nothing that is not of its numbers', () => {
    const line = 'Is it a star? → Star 50.0 %, right';
    assert.equal(exampleCaption('knockouts', about, [curve]), `${line}\nshapes-llava; window 3`);
    assert.equal(exampleCaption('lens', about, [curve]), `${line}\nshapes-llava`);
    const changed = { ...about, prompt: 'USER: <image> Is it red? ASSISTANT:' };
    assert.match(exampleCaption('lens', changed, []), /^Star 50\.0 %/, 'not the question that was asked');
    assert.equal(exampleCaption('lens', {}, []), '');
  });

  it('has its title and caption drawn on it', async () => {
    const svg = await exampleFigure({ what: 'knockouts', format: 'svg', title: 'star', about, curves: [curve] });
    const text = Buffer.from(svg).toString();
    for (const words of ['>star<', 'Is it a star? → Star 50.0 %, right', 'shapes-llava; window 3'])
      assert.ok(text.includes(words), words);
    await assert.rejects(
      exampleFigure({ what: 'lens', format: 'svg', title: 'star', about, curves: [] }),
      /there is no lens to draw/,
    );
  });
});
