/** State, words and tables without a page. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { knockoutId, PUBLISHED_EDGES, type ResultRow } from '../../src/protocol/panel';
import { lookName, looksOf } from '../../webview/charts/looks';
import {
  FAINTEST_FEW,
  flowGraph,
  MOST_EDGES,
  visibleEdges,
  type FlowChoice,
  type FlowEdge,
} from '../../webview/flow/edges';
import { bestScroll, frame, isSeen, scrollRoom, type FlowFrame } from '../../webview/flow/frame';
import { flowWords, notEffect } from '../../webview/flow/words';
import { Answers } from '../../webview/model/answers';
import { attentionRow, summary } from '../../webview/model/attention';
import { reduce } from '../../webview/model/reduce';
import { activePatches, INITIAL, type PanelState } from '../../webview/model/state';
import { change, duration, imageTokenName, percent, tokenText, weight } from '../../webview/model/words';
import { overlayOf } from '../../webview/image/overlay';
import { tilesAt } from '../../webview/image/places';
import { neighbour } from '../../webview/image/select';
import { cutMark, matching, sorted, sparkline } from '../../webview/results/rows';
import { chips, lines } from '../../webview/tokens/layout';
import { recorded } from './support/fake-host';
import { anyresGeometry, markedGeometry, plainGeometry, synthetic } from './support/synthetic';

const engine = recorded('star');
const shown: PanelState = {
  ...INITIAL,
  experiment: engine.experiment,
  model: engine.model,
  example: engine.example,
  layer: 6,
};

describe('panel: looks of curves', () => {
  it('are those of the figures for published edges, wherever they stand', () => {
    assert.deepEqual(looksOf(['verb->Last', 'Image->Last', 'clicked->Question']), [6, 1, 7]);
    assert.deepEqual(looksOf([...PUBLISHED_EDGES].reverse()), [5, 4, 3, 2, 1, 0]);
    // An edge of some heads only is another one.
    const some = lookName({ kind: 'edge', from: 'Image', to: 'Last', window: 3, heads: [0] });
    assert.deepEqual(looksOf([some, 'Image->Last', 'Image->Last']), [6, 1, 7]);
  });

  it('differ among eight, and go on after them', () => {
    const names = fc.uniqueArray(fc.constantFrom(...PUBLISHED_EDGES, 'a->Last', 'b->Last', 'c->Last', 'd->Last'), {
      maxLength: 8,
    });
    fc.assert(fc.property(names, (list) => new Set(looksOf(list)).size === list.length));
    const many = looksOf(Array.from({ length: 20 }, (_, i) => `s${i}->Last`));
    assert.deepEqual(new Set(many).size, 20);
  });
});

describe('panel: state', () => {
  it('fills a curve as its parts come and keeps the others', () => {
    const { knockouts } = engine.experiment;
    let s = reduce(shown, {
      type: 'curves',
      knockouts,
      curves: knockouts.map((_, i) => (i === 0 ? engine.curve(`Question->Last w3`)! : null)),
    });
    assert.ok(s.curves[1].change.every(Number.isNaN));
    s = reduce(s, { type: 'curve-part', part: { index: 1, layer: 4, score: 0.5, change: -49 } });
    assert.deepEqual([s.curves[1].change[4], s.curves[1].scores[4]], [-49, 0.5]);
    assert.ok(Number.isNaN(s.curves[1].change[3]));
    assert.deepEqual(s.curves[0].change, engine.curve('Question->Last w3')!.change);
  });

  it('shows clicked patches until the config says the same', () => {
    const s = { ...shown, draft: { set: 'clicked', patches: [1, 2] } };
    assert.deepEqual(activePatches(s), [1, 2]);
    const older = reduce(s, {
      type: 'experiment',
      experiment: { ...engine.experiment, sets: { clicked: { kind: 'patches', patches: [1] } } },
    });
    assert.deepEqual(activePatches(older), [1, 2]);
    const same = reduce(s, {
      type: 'experiment',
      experiment: { ...engine.experiment, sets: { clicked: { kind: 'patches', patches: [1, 2] } } },
    });
    assert.equal(same.draft, undefined);
    assert.deepEqual(activePatches(same), [1, 2]);
  });

  it('a model with fewer layers or heads brings the choice inside', () => {
    const s = reduce({ ...shown, layer: 30, layerChosen: true, head: 31 }, { type: 'model', model: engine.model });
    assert.deepEqual([s.layer, s.head], [9, 'mean']);
    assert.equal(reduce(INITIAL, { type: 'model', model: engine.model }).layer, 5);
  });

  it('asks once, and forgets answers to what was asked before', async () => {
    let asked = 0;
    const resolve: ((v: string) => void)[] = [];
    let told = 0;
    const answers = new Answers<number, string>(
      () => (asked++, new Promise((done) => resolve.push(done))),
      2,
      () => told++,
    );
    assert.equal(answers.get(1).kind, 'asked');
    assert.equal(answers.get(1).kind, 'asked');
    assert.equal(asked, 1);
    answers.clear();
    resolve[0]('old');
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(answers.peek(1), undefined);
    assert.equal(told, 0);
    answers.get(1);
    resolve[1]('new');
    await new Promise((done) => setImmediate(done));
    assert.equal(answers.value(1), 'new');
    answers.get(2);
    resolve[2]('two');
    await new Promise((done) => setImmediate(done));
    answers.get(3);
    assert.equal(answers.peek(1), undefined, 'the oldest goes');
  });

  it('ends a question that a newer one took the place of, and asks it again when it is looked at again', async () => {
    const asked: { key: number; signal: AbortSignal; answer: (v: string) => void }[] = [];
    const answers = new Answers<number, string>(
      (key, signal) => new Promise((answer) => asked.push({ key, signal, answer })),
      10,
      () => undefined,
    );
    for (const key of [1, 2, 3]) answers.get(key);
    assert.deepEqual(
      asked.map(({ signal }) => signal.aborted),
      [true, true, false],
    );
    asked[0].answer('late');
    asked[2].answer('three');
    await new Promise((done) => setImmediate(done));
    assert.deepEqual([answers.peek(1), answers.value(3)], [undefined, 'three']);
    answers.get(1);
    assert.deepEqual([asked.length, asked[3].key], [4, 1]);
    answers.clear();
    assert.ok(asked[3].signal.aborted, 'it was about what is not shown any more');
  });
});

describe('panel: attention and flow', () => {
  it('the mean over heads is the mean of the heads', () => {
    const a = engine.attention(engine.example.tokens.length - 1)!;
    const mean = attentionRow(a, 3, 'mean');
    const heads = Array.from({ length: a.heads }, (_, h) => attentionRow(a, 3, h));
    mean.forEach((v, c) => assert.ok(Math.abs(v - heads.reduce((sum, h) => sum + h[c], 0) / a.heads) < 1e-7));
    assert.ok(Math.abs(summary(mean).sum - 1) < 1e-4, 'a row of attention sums to one');
  });

  it('says quantity, token, layer, heads and normalisation', () => {
    const row = engine.example.tokens.length - 1;
    const value = engine.attention(row)!;
    const asked = { kind: 'here', value } as const;
    const { words, values } = overlayOf(shown, asked);
    const { imageStart } = engine.example;
    const most = (layer: number): number =>
      summary(attentionRow(value, layer, 'mean').slice(imageStart, imageStart + 100)).max;
    const all = Array.from({ length: 10 }, (_, layer) => most(layer));
    const max = Math.max(...all);
    assert.match(
      words,
      /^Attention of “:” \(token 160\) to the patches, layer 6 of 0–9, mean of 4 heads, scaled to its largest value in any layer, /,
    );
    assert.ok(words.includes(`${max.toPrecision(2)} (layer ${all.indexOf(max)})`), words);
    assert.ok(Math.abs(Math.max(...values!) - all[6] / max) < 1e-6, 'a weak layer stays weak');
    const alone = overlayOf({ ...shown, perLayer: true }, asked);
    assert.ok(alone.words.includes(`in this layer, ${all[6].toPrecision(2)}.`), alone.words);
    assert.ok(Math.abs(Math.max(...alone.values!) - 1) < 1e-6);
    assert.match(overlayOf({ ...shown, head: 2 }, asked).words, /head 2 of 0–3/);
    const curves = reduce(shown, {
      type: 'curves',
      knockouts: engine.experiment.knockouts,
      curves: engine.experiment.knockouts.map(
        (k) => engine.curve(`${k.kind === 'edge' ? `${k.from}->${k.to}` : ''} w3`) ?? null,
      ),
    });
    const effect = overlayOf({ ...curves, overlay: 'effect:Image->Last w3', layer: 0 }, undefined);
    assert.match(
      effect.words,
      /Image → Last blocked in layers 0–1 \(centre layer 0 of 0–9\): the answer's probability changes by .* The 100 source patches are outlined: the number is of all of them together/,
    );
    assert.equal(effect.values, undefined, 'no patch is tinted, for no patch has a number of its own');
    assert.equal(effect.outlines![0].patches.length, 100);
    assert.match(effect.outlines![0].label!, /^[+−]?\d+\.\d %$/);
    assert.match(overlayOf({ ...shown, overlay: 'set:Image Central Object' }, undefined).words, /25 patches/);
    assert.match(overlayOf({ ...shown, row: 3 }, undefined).words, /stands before the image/);
  });

  it('aggregates the image to one column and loses no weight', async () => {
    const made = await synthetic(7, { layers: 3, heads: 2, before: 4, after: 9, geometry: plainGeometry(5) });
    const a = made.flow();
    const all: FlowChoice = { scope: 'all', image: 'sum', system: true, first: true, self: true };
    const folded = flowGraph(a, made.example, all);
    assert.equal(folded.columns.length, 4 + 1 + 9);
    const last = folded.columns.length - 1;
    const sum = folded.edges.filter((e) => e.layer === 1 && e.to === last).reduce((s, e) => s + e.weight, 0);
    assert.ok(sum > 0.85 && sum <= 1.0001, `${sum}`);
    const image = folded.columns.findIndex((c) => c.image);
    const one = folded.edges.find((e) => e.layer === 1 && e.to === last && e.from === image)!;
    const row = a.rows.indexOf(made.example.tokens.length - 1);
    const at = (1 * a.rows.length + row) * a.columns;
    assert.ok(Math.abs(one.weight - a.values.slice(at + 4, at + 29).reduce((s, v) => s + v, 0)) < 1e-6);
    assert.equal(flowGraph(a, made.example, { ...all, image: 'each' }).columns.length, 4 + 25 + 9);
    assert.ok(
      flowGraph(a, made.example, { ...all, first: false, self: false }).edges.every(
        (e) => e.from !== e.to && folded.columns[e.from].position !== 0,
      ),
    );
    for (const threshold of [0.01, 0.1, 0.5]) {
      const seen = visibleEdges(folded, threshold);
      assert.equal(seen.length, Math.min(MOST_EDGES, folded.edges.filter((e) => e.weight >= threshold).length));
      assert.ok(seen.every((e) => e.weight >= threshold));
    }
  });

  it('shows the flow of one chosen token, and the image as sum, mean, each patch or not at all', async () => {
    const made = await synthetic(3, { layers: 3, heads: 2, before: 4, after: 9, geometry: plainGeometry(5) });
    const { example } = made;
    const a = made.flow();
    const chosen = example.imageStart + example.imageTokens + 4;
    const base: FlowChoice = { scope: 'all', image: 'sum', chosen, system: true, first: true, self: true };
    const key = (e: FlowEdge): string => `${e.layer} ${e.from} ${e.to}`;
    const sum = flowGraph(a, example, base);
    const [image] = sum.columns.flatMap((c, i) => (c.image ? [i] : []));

    const into = flowGraph(a, example, { ...base, scope: 'into' });
    assert.ok(into.edges.length > 0 && into.edges.every((e) => e.to === into.chosen && e.weight >= FAINTEST_FEW));
    const from = flowGraph(a, example, { ...base, scope: 'from' });
    assert.ok(from.edges.length > 0 && from.edges.every((e) => e.from === from.chosen));
    // What all shows of the chosen token is in the two.
    const known = new Set([...into.edges, ...from.edges].map(key));
    for (const e of sum.edges) if (e.to === sum.chosen || e.from === sum.chosen) assert.ok(known.has(key(e)));

    const mean = flowGraph(a, example, { ...base, image: 'mean' });
    const sums = new Map(sum.edges.filter((e) => e.from === image).map((e) => [key(e), e.weight]));
    assert.ok(sums.size > 0);
    const means = new Map(mean.edges.filter((e) => e.from === image).map((e) => [key(e), e.weight]));
    for (const [k, w] of sums) assert.ok(Math.abs(means.get(k)! * 25 - w) < 1e-9, k);
    const none = flowGraph(a, example, { ...base, image: 'none' });
    assert.equal(none.columns.length, 13);
    assert.ok(none.columns.every(({ position: p }) => p < example.imageStart || p >= example.imageStart + 25));

    const words = (choice: FlowChoice): string =>
      flowWords(flowGraph(a, example, choice), example, choice, { heads: 2, threshold: 0.05 });
    assert.match(words(base), /mean of 2 heads.*sum over all 25 patches/);
    assert.match(words({ ...base, image: 'mean' }), /mean over all 25 patches/);
    assert.match(words({ ...base, image: 'none', first: false }), /Left out: what is read from the first token.*image/);
    assert.match(words({ ...base, scope: 'into' }), /read by the chosen token “.*” \(33\)/);
    assert.match(
      words({ ...base, scope: 'from', image: 'none', chosen: 6 }),
      /the chosen token, patch 2, is left out\./,
    );
    assert.match(words(base), /relative to the strongest edge/);
  });

  it('paths to a token are what reaches it, by the best product of weights', async () => {
    const made = await synthetic(9, { layers: 4, heads: 2, before: 3, after: 6, geometry: plainGeometry(3) });
    const { example } = made;
    const chosen = example.tokens.length - 1;
    const choice = { image: 'sum', chosen, system: true, first: true, self: true } as const;
    const all = flowGraph(made.flow(), example, { ...choice, scope: 'all' });
    const paths = flowGraph(made.flow(), example, { ...choice, scope: 'paths' });
    /** The best product over every path of edges and of levels without one, tried one by one. */
    const best = (column: number, level: number): number =>
      level === all.layers
        ? Number(column === all.chosen)
        : Math.max(
            best(column, level + 1),
            ...all.edges
              .filter((e) => e.layer === level && e.from === column && e.to !== column)
              .map((e) => e.weight * best(e.to, level + 1)),
          );
    const key = (e: FlowEdge): string => `${e.layer} ${e.from} ${e.to}`;
    const known = new Map(paths.edges.map((e) => [key(e), e]));
    let found = 0;
    for (const e of all.edges) {
      const strength = e.weight * best(e.to, e.layer + 1);
      if (strength < 2 * FAINTEST_FEW) continue;
      found++;
      assert.ok(Math.abs(known.get(key(e))!.strength - strength) < 1e-9, `${key(e)} ${strength}`);
    }
    assert.ok(found > 30);
    assert.ok(
      paths.edges.every((e) => e.layer < 3 || e.to === paths.chosen),
      'the last layer is read by the token alone',
    );
    assert.ok(paths.edges.every((e, i, list) => i === 0 || list[i - 1].strength >= e.strength));
    const without = flowGraph(made.flow(), example, { ...choice, scope: 'paths', system: false });
    assert.equal(without.columns[0].position, example.imageStart, 'what stands before the image is left out');
  });

  it('scrolls the token flow to where its edges are, and squeezes patches to make room', async () => {
    const made = await synthetic(6, { layers: 3, heads: 2, before: 40, after: 30, geometry: plainGeometry(24) });
    const { example } = made;
    const isPatch = (c: number): boolean => c >= 40 && c < 40 + 576;
    const choice = { image: 'each', system: true, first: false, self: false } as const;
    for (const [scope, chosen] of [
      ['into', example.tokens.length - 1],
      ['from', 60],
      ['into', 20],
      ['paths', 640],
    ] as const) {
      const g = flowGraph(made.flow(), example, { ...choice, scope, chosen });
      const edges = visibleEdges(g, g.strongest / 20);
      const f = frame(g, isPatch, 514, 240, 0);
      assert.ok(f.starts[41] - f.starts[40] < 3, 'a patch is narrow');
      const scrolled = frame(g, isPatch, 514, 240, bestScroll(f, edges));
      const seen = (at: FlowFrame): number => edges.filter((e) => isSeen(at, e)).length;
      const tried = Array.from({ length: 40 }, (_, i) => seen(frame(g, isPatch, 514, 240, (i / 39) * scrollRoom(f))));
      assert.ok(
        edges.length > 5 && seen(scrolled) > 0.6 * Math.max(...tried),
        `${scope} ${seen(scrolled)} ${Math.max(...tried)}`,
      );
    }
  });

  it('says in one sentence that attention is not effect, with what is known of both', () => {
    const g = flowGraph(engine.flow(), engine.example, {
      scope: 'paths',
      image: 'sum',
      chosen: 160,
      system: false,
      first: false,
      self: false,
    });
    const edges = visibleEdges(g, 0.05);
    assert.match(notEffect(g, edges, engine.example, []), /^Attention is not effect: [^.]+\. Block an edge/);
    const { curves } = reduce(shown, {
      type: 'curves',
      knockouts: engine.experiment.knockouts,
      curves: engine.experiment.knockouts.map((k) => engine.curve(knockoutId(k)) ?? null),
    });
    assert.equal(
      notEffect(g, edges, engine.example, curves),
      'Attention is not effect: “:” takes 0.87 of its attention from the image in layer 4, and blocking Image → Last changes the answer by −0.9 % at the most.',
    );
  });

  it('says of newline tokens that they have no place on the picture', async () => {
    const made = await synthetic(5, { layers: 2, heads: 2, before: 3, after: 4, geometry: anyresGeometry(3, 4, 5) });
    const { example } = made;
    const strip = chips(example, true).filter((chip) => chip.kind === 'token');
    const newlines = strip.filter((chip) => chip.text === '↵' && chip.position < 3 + example.imageTokens);
    assert.equal(newlines.length, 4);
    const row = example.tokens.length - 1;
    const s: PanelState = { ...INITIAL, experiment: made.experiment, model: made.model, example, layer: 1 };
    const a = made.attention(row)!;
    const weights = attentionRow(a, 1, 'mean').slice(3, 3 + example.imageTokens);
    const of = (kind: string): number[] => [...weights].filter((_, i) => example.geometry.patches[i].kind === kind);
    const both = [...tilesAt(example.geometry)].map(([base, tiles]) =>
      tiles.reduce((sum, tile) => sum + weights[tile], weights[base]),
    );
    for (const [gridKind, drawn, where] of [
      ['base', of('base'), /to the patches of the whole image,/],
      ['tile', of('tile'), /to the patches of the tiles,/],
      ['both', both, /to each place \(the patch of the whole image and those of the tiles on it, summed\),/],
    ] as const) {
      const overlay = overlayOf({ ...s, gridKind, perLayer: true }, { kind: 'here', value: a });
      assert.match(overlay.words, where);
      assert.match(overlay.words, /the 4 image tokens without a place on the picture/);
      assert.ok(overlay.words.includes(`, ${weight(Math.max(...drawn))}.`), 'the scale is that of what is drawn');
      assert.equal(overlay.values!.filter((v) => v > 0).length, drawn.length);
    }
  });

  it('shows marks between tiles as text of their own, and walks over tiles as they lie in the picture', async () => {
    const { example } = await synthetic(5, { layers: 2, heads: 2, before: 3, after: 9, geometry: markedGeometry() });
    const marked = {
      ...example,
      tokens: example.tokens.map((t, i) =>
        example.geometry.patches[i - example.imageStart]?.kind === 'mark' ? { ...t, text: `<mark_${i}>` } : t,
      ),
    };
    const first = marked.imageStart;
    assert.equal(imageTokenName(marked, 0), `“<mark_${first}>”, text between the parts of the image`);
    assert.equal(imageTokenName(marked, 1), 'patch 1');
    const shownChips = chips(marked, true).filter((c) => c.position >= first && c.kind === 'token');
    assert.deepEqual(
      shownChips.slice(0, 6).map((c) => c.text),
      [`<mark_${first}>`, '1', '2', `<mark_${first + 3}>`, '4', '5'],
    );
    // two tiles of one row, two patches each: the run goes tile by tile, the arrows along the picture
    assert.deepEqual(
      [1, 2, 4].map((n) => neighbour(marked.geometry, n, 'ArrowRight')),
      [2, 4, 5],
    );
    assert.equal(neighbour(marked.geometry, 5, 'Home'), 1);
  });

  it('folds the image to one chip, breaks lines inside the room, drops no token', () => {
    const folded = chips(engine.example, false);
    assert.equal(folded.length, engine.example.tokens.length - 100 + 1);
    assert.equal(chips(engine.example, true).length, engine.example.tokens.length + 1);
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 900 }), (room) => {
        const all = lines(folded, room, (t) => t.length * 7);
        assert.deepEqual(
          all.flat().map((c) => c.index),
          folded.map((_, i) => i),
        );
        assert.ok(all.every((l) => l.every((c) => c.x + c.width <= room)));
      }),
    );
  });
});

describe('panel: words and tables', () => {
  it('writes numbers as people read them', () => {
    assert.deepEqual([0, 0.00004, 0.00042, 0.031, 0.998, 0.99961, 1].map(percent), [
      '0 %',
      '< 0.01 %',
      '0.042 %',
      '3.1 %',
      '99.8 %',
      '99.96 %',
      '100.0 %',
    ]);
    assert.deepEqual([-92.14, 0.31, 0.001, NaN].map(change), ['−92.1 %', '+0.3 %', '0.0 %', '–']);
    assert.deepEqual([4.2, 200, 3900].map(duration), ['4 s', '3 min 20 s', '1 h 5 min']);
    assert.equal(tokenText(' \n'), '·↵');
  });

  const row = (questionId: string, outlier: number, dip: number, question = 'Is it red?'): ResultRow => ({
    questionId,
    image: `${questionId}.jpg`,
    question,
    gold: 'red',
    predicted: 'Red',
    baseScore: 0.9,
    curves: { 'Image->Last': [0, dip, 0] },
    outlier,
  });
  const rows = [row('9', 0.1, -5), row('10', 4, -50), row('2', 1, 3, 'A blue star?')];

  it('sorts outliers first, ids as numbers, edges by the size of their change', () => {
    const ids = (list: readonly ResultRow[]): string[] => list.map((r) => r.questionId);
    assert.deepEqual(ids(sorted(rows, { key: 'outlier', down: true })), ['10', '2', '9']);
    assert.deepEqual(ids(sorted(rows, { key: 'questionId', down: false })), ['2', '9', '10']);
    const more = [row('11', 0, 12), row('12', 0, NaN), row('13', 0, -97)];
    const some = [{ ...more[1], curves: {} }, ...rows, more[0], more[2]];
    assert.deepEqual(ids(sorted(some, { key: 'edge:Image->Last', down: true })), ['13', '10', '11', '9', '2', '12']);
    assert.deepEqual(
      ids(sorted(some, { key: 'edge:Image->Last', down: false })),
      ['2', '9', '11', '10', '13', '12'],
      'what was not computed stays last',
    );
    assert.deepEqual(ids(matching(rows, 'blue STAR')), ['2']);
  });

  it('marks where a curve rises out of the box', () => {
    assert.equal(cutMark([0, 20, NaN], 102, 20), '');
    assert.equal(cutMark([0, 46, 30], 102, 20), 'M47.0 4L51.0 0L55.0 4Z');
    assert.equal(cutMark([46, 0], 102, 20), 'M0.0 4L4.0 0L8.0 4Z', 'inside at the edge');
  });

  it('draws gaps as gaps', () => {
    assert.equal(sparkline([-100, 20], 102, 22, 20), 'M1.0 21.0L101.0 1.0');
    assert.equal(sparkline([0, NaN, 0], 102, 12, 100).match(/M/g)!.length, 2);
  });
});
