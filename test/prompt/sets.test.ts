import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { openTokenizer, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import { CrossflowError } from '../../src/core/errors';
import { encodePrompt } from '../../src/core/prompt/encode';
import { resolveSet } from '../../src/core/prompt/resolve';
import { explainAbsent, SET_NAMES } from '../../src/core/prompt/set-names';
import { buildSets, type SetsInput } from '../../src/core/prompt/sets';
import { defaultTrack } from '../../src/core/prompt/track';
import type { SetDefinition, TokenSets } from '../../src/core/prompt/types';
import type { ImageGeometry, PatchPlace } from '../../src/core/spec';
import { ONE_PATCH, publishedStyle } from './styles';
import { loadGolden } from '../support/golden';

const place = (kind: PatchPlace['kind']): PatchPlace => ({ kind, row: 0, column: 0 });
const geometry = (...patches: PatchPlace[]): ImageGeometry => ({
  aspect: 'processor',
  width: 1,
  height: 1,
  patches,
  grids: [],
});
const FLAT = geometry(...Array.from({ length: 9 }, () => place('base')));
/** Base 2x2, tiles 2x3, each tile row with its newline. */
const TILED = geometry(
  ...Array.from({ length: 4 }, () => place('base')),
  ...[0, 1].flatMap(() => [place('tile'), place('tile'), place('tile'), place('newline')]),
);

describe('token sets', () => {
  let sentencepiece: Tokenizer;
  let bytes: Tokenizer;
  before(async () => {
    sentencepiece = await openTokenizer({ directory: loadGolden('bundled').modelDir });
    bytes = await openTokenizer({ directory: loadGolden('llava-next-llama3').modelDir });
  });

  interface Made {
    readonly sets: TokenSets;
    /** The tokens of a set, put together. */
    readonly text: (name: string) => string;
  }
  function make(input: Partial<SetsInput> & { readonly instruction?: string }, tokenizer = sentencepiece): Made {
    const question = input.question ?? 'Is the star red or blue?';
    const instruction = input.instruction ?? ' \nAnswer shortly.';
    const asked = { template: 'vicuna_v1', question, instruction };
    const encoded = encodePrompt(tokenizer, publishedStyle(-1), asked, ONE_PATCH);
    const imageStart = encoded.before.length;
    const whole = { encoded, tokenizer, imageStart, geometry: FLAT, question, definitions: {}, ...input };
    const sets = buildSets(whole);
    const after = imageStart + whole.geometry.patches.length;
    const text = (name: string): string =>
      tokenizer.bytePieces(resolveSet(sets, name).map((p) => encoded.after[p - after] ?? -1)).join('');
    return { sets, text };
  }
  const define = (definitions: Record<string, SetDefinition>, more: Partial<SetsInput> = {}): Made =>
    make({ definitions, ...more });

  it('splits the text after the image', () => {
    const { sets, text } = make({});
    assert.equal(text('Question').trim(), 'Is the star red or blue?');
    assert.equal(text('Instruction'), ' \nAnswer shortly. ASSISTANT');
    assert.equal(text('Last'), ':');
    assert.equal(text('Text').trimStart(), 'Is the star red or blue? \nAnswer shortly. ASSISTANT:');
    assert.equal(sets['System']?.length, sets['Image']?.[0]);
    assert.equal(sets['Image']?.length, 9);
  });

  it('finds options and the central object', () => {
    const { text } = make({ options: ['red', 'blue'], objectName: 'star' });
    assert.equal(text('True Option').trim(), 'red');
    assert.equal(text('False Option').trim(), 'blue');
    assert.equal(text('Question without Options').trim().replaceAll(/ +/g, ' '), 'Is the star or?');
    assert.equal(text('Central Object').trim(), 'star');
  });

  it('prefers the central object as a word of its own', () => {
    const { sets } = make({ question: 'Is the starry star red?', objectName: 'star' });
    const plain = make({
      question: 'Is the starry star red?',
      definitions: { second: { kind: 'text', text: 'star', nth: 2 } },
    });
    assert.deepEqual(sets['Central Object'], plain.sets['second']);
  });

  it('prefers options as words of their own', () => {
    const { sets, text } = make({ question: 'Is the colored star red or white?', options: ['red', 'white'] });
    assert.equal(text('True Option').trim(), 'red');
    assert.equal(text('Question without Options').trim().replaceAll(/ +/g, ' '), 'Is the colored star or?');
    assert.ok(!sets['True Option'].some((p) => sets['False Option'].includes(p)));
  });

  it('finds other letters than ASCII, with both kinds of tokenizers', () => {
    const question = 'Is the café’s façade «bleu» or 赤い?';
    for (const tokenizer of [sentencepiece, bytes]) {
      const { text } = make({ question, options: ['bleu', '赤い'], objectName: 'façade' }, tokenizer);
      const utf8 = (name: string): string => Buffer.from(text(name), 'latin1').toString('utf8');
      assert.ok(utf8('Question').includes(question), utf8('Question'));
      assert.ok(utf8('False Option').includes('赤い'));
      assert.ok(utf8('Central Object').includes('façade'));
    }
  });

  it('leaves out what an example cannot have, and says why', () => {
    const { sets } = make({ options: ['green', 'pink'] });
    assert.deepEqual(Object.keys(sets).sort(), ['Image', 'Instruction', 'Last', 'Question', 'System', 'Text']);
    const why = (name: string): RegExp => new RegExp(explainAbsent(name)!.replaceAll(/[()".]/g, '\\$&'));
    for (const name of ['True Option', 'Central Object', 'Image Central Object', 'Image Pad', 'Image HD Patch Without Central Object Indice']) {
      assert.throws(() => resolveSet(sets, name), (e) => e instanceof CrossflowError && why(name).test(e.line));
    } // prettier-ignore
    assert.match(explainAbsent('Image Without Central Object with pad')!, /"objects" and an image in tiles/);
    assert.equal(explainAbsent('clicked'), undefined);
  });

  it('has every published name on a tiled image with objects and options', () => {
    const { sets } = make({ geometry: TILED, objectPatches: [1, 5, 7], options: ['red', 'blue'], objectName: 'star' });
    assert.deepEqual(Object.keys(sets).sort(), SET_NAMES.filter((name) => name !== 'Image Marker').sort());
    const start = sets['Image'][0];
    const patches = (name: string): number[] => sets[name].map((p) => p - start);
    // patch 7 is a newline: never inside, whatever the boxes say
    assert.deepEqual(patches('Image Central Object'), [1, 5]);
    assert.deepEqual(patches('Image Without Central Object'), [0, 2, 3, 4, 6, 8, 9, 10]);
    assert.deepEqual(patches('Image Pad'), [7, 11]);
    assert.deepEqual(patches('Image Without Central Object with pad'), [0, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
    assert.deepEqual(patches('Image Original Patch'), [0, 1, 2, 3]);
    assert.deepEqual(patches('Image HD Patch Indice'), [4, 5, 6, 7, 8, 9, 10, 11]);
    assert.deepEqual(patches('Image Central Object in HD Patch Indice'), [5]);
    assert.deepEqual(patches('Image HD Patch Without Central Object Indice'), [4, 6, 7, 8, 9, 10, 11]);
  });

  it('follows definitions', () => {
    const { sets, text } = define(
      {
        rest: { kind: 'not', of: 'clicked' },
        clicked: { kind: 'patches', patches: [8, 1, 8, 7] },
        verb: { kind: 'text', text: 'Is', nth: 1 },
        outside: { kind: 'not', of: 'Image Central Object' },
        all: { kind: 'not', of: 'verb' },
        __proto__x: { kind: 'patches', patches: [0] },
      },
      { geometry: TILED, objectPatches: [0] },
    );
    const start = sets['Image'][0];
    assert.deepEqual(sets['clicked'].map((p) => p - start), [1, 7, 8]); // prettier-ignore
    assert.deepEqual(sets['rest'].map((p) => p - start), [0, 2, 3, 4, 5, 6, 9, 10]); // prettier-ignore
    assert.deepEqual(sets['outside'], sets['Image Without Central Object']);
    assert.equal(text('verb').trim(), 'Is');
    assert.equal(sets['all'].length, 10);
  });

  const NOT = (of: string): SetDefinition => ({ kind: 'not', of });
  const BAD: readonly (readonly [string, Record<string, SetDefinition>, RegExp])[] = [
    ['a published name', { Image: NOT('Last') }, /set "Image" has the name of a set that always exists/],
    ['a patch too far', { x: { kind: 'patches', patches: [3, 9] } }, /set "x": there is no patch 9 \(this image has patches 0 to 8\)/],
    ['a negative patch', { x: { kind: 'patches', patches: [-1] } }, /there is no patch -1/],
    ['half a patch', { x: { kind: 'patches', patches: [0.5] } }, /there is no patch 0\.5/],
    ['a text that is not there', { x: { kind: 'text', text: 'circle', nth: 1 } }, /set "x": the text "circle" does not stand after the image$/],
    ['a text that is not there so often', { x: { kind: 'text', text: 'star', nth: 2 } }, /"star" does not stand after the image 2 times/],
    ['a text before the image', { x: { kind: 'text', text: 'curious', nth: 1 } }, /"curious" does not stand/],
    ['not of an unknown set', { x: NOT('clickd'), clicked: { kind: 'patches', patches: [] } }, /set "x": unknown token set "clickd" \(did you mean "clicked"\?\)/],
    ['not of an absent set', { x: NOT('Image Central Object') }, /set "x": token set "Image Central Object" does not exist.*needs "objects"/],
    ['not of itself', { x: NOT('x') }, /sets lead in a circle: "x" not "x"/],
    ['a circle', { a: NOT('b'), b: NOT('c'), c: NOT('b') }, /sets lead in a circle: "b" not "c" not "b"/],
  ]; // prettier-ignore
  for (const [what, definitions, message] of BAD) {
    it(`refuses ${what}`, () => {
      assert.throws(() => define(definitions), (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line));
    }); // prettier-ignore
  }

  it('refuses unknown names with the nearest, and empty sets', () => {
    const { sets } = define({ clicked: { kind: 'patches', patches: [] } }, { objectPatches: [] });
    const line = (name: string): string => {
      try {
        return resolveSet(sets, name).join();
      } catch (e) {
        return (e as CrossflowError).line;
      }
    };
    assert.equal(line('Questoin'), 'unknown token set "Questoin" (did you mean "Question"?)');
    assert.equal(line('last'), 'unknown token set "last" (did you mean "Last"?)');
    assert.equal(line('klicked'), 'unknown token set "klicked" (did you mean "clicked"?)');
    assert.equal(line('something else'), 'unknown token set "something else"');
    assert.equal(line('toString'), 'unknown token set "toString"');
    assert.equal(line('clicked'), 'token set "clicked" is empty');
    assert.match(line('Image Central Object'), /is empty \(no patch lies in the boxes/);
  });

  it('refuses a question that is not in the prompt', () => {
    assert.throws(
      () => make({ encoded: { text: '', before: [1], after: [1, 2], image: [], inputIds: [] } }),
      /was not found in the prompt/,
    );
  });

  it('gives ascending positions in the sequence, and patches inside or outside the boxes, whatever the image', () => {
    const kinds = fc.array(fc.constantFrom<PatchPlace['kind']>('base', 'tile', 'newline', 'class'), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(kinds, fc.array(fc.nat(29)), (list, boxes) => {
        const objectPatches = boxes.filter((p) => p < list.length);
        const { sets } = make({ geometry: geometry(...list.map(place)), objectPatches });
        const end = sets['Last'][0];
        for (const [name, positions] of Object.entries(sets)) {
          for (const [i, p] of positions.entries()) {
            assert.ok(p >= 0 && p <= end && (i === 0 || p > positions[i - 1]), `${name}: ${positions.join(' ')}`);
          }
        }
        const parts = ['Image Central Object', 'Image Without Central Object', 'Image Pad'].flatMap((n) => [
          ...(sets[n] ?? []),
        ]);
        assert.equal(new Set(parts).size, parts.length);
        assert.equal(parts.length, list.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('defaultTrack', () => {
  it('gives both capitalisations of answer and options, once each', () => {
    assert.deepEqual(defaultTrack('red', ['red', 'blue']), ['red', 'Red', 'blue', 'Blue']);
    assert.deepEqual(defaultTrack('RED Star'), ['red star', 'Red star']);
    assert.deepEqual(defaultTrack(' yes ', ['Yes', '']), ['yes', 'Yes']);
    assert.deepEqual(defaultTrack('3'), ['3']);
    assert.deepEqual(defaultTrack(undefined), []);
  });

  it('gives the words of the reference values', () => {
    for (const folder of ['bundled', 'llava-1.5'] as const) {
      for (const c of loadGolden(folder).cases) assert.deepEqual(defaultTrack(c.answer), Object.keys(c.lens.with_norm));
    }
  });
});
