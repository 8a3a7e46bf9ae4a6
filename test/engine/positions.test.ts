import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Positions, Rotation } from '../../src/core/engine/positions';
import { repositoryRoot } from '../support/golden';

/** Of transformers, made by fixtures/positions.py; two answer tokens stand behind the prompt. */
interface Case {
  readonly model: string;
  readonly theta: number;
  readonly sections: readonly [number, number, number];
  readonly interleaved: boolean;
  /** The picture's first row in the sequence; merged cells below and beside each other. */
  readonly start: number;
  readonly rows: number;
  readonly columns: number;
  /** `[3][rows of the sequence]` */
  readonly positions: readonly (readonly number[])[];
  /** Rows whose angles are given, `[rows][d/2]`. */
  readonly turned: readonly number[];
  readonly cos: readonly (readonly number[])[];
  readonly sin: readonly (readonly number[])[];
}
const FIXTURE = path.join(repositoryRoot, 'test/engine/fixtures/positions.json');
const { cases } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { cases: readonly Case[] };

describe('where rows stand', () => {
  for (const c of cases) {
    const { start, rows, columns } = c;
    const axes = Array.from({ length: rows * columns }, (_, i) => [0, Math.floor(i / columns), i % columns] as const);
    const positions = new Positions(0, { start, axes, advance: Math.max(rows, columns) });

    it(`${c.model}: a picture of ${rows} x ${columns} cells, the text behind it, the answer`, () => {
      const all = c.positions[0].map((_, row) => row);
      assert.deepEqual(
        ([0, 1, 2] as const).map((axis) => all.map((row) => positions.at(row, axis))),
        c.positions,
      );
    });

    it(`${c.model}: sections ${c.interleaved ? 'interleaved' : 'one after another'}, ${rows} x ${columns}`, () => {
      const rope = { theta: c.theta, sections: { sizes: c.sections, interleaved: c.interleaved } };
      const rotation = new Rotation(rope, 128);
      c.turned.forEach((row, i) => {
        const { cos, sin } = rotation.angles(positions, row, 1);
        c.cos[i].forEach((want, k) => assert.ok(Math.abs(cos[k] - want) < 1e-6, `cos ${k} of row ${row}`));
        c.sin[i].forEach((want, k) => assert.ok(Math.abs(sin[k] - want) < 1e-6, `sin ${k} of row ${row}`));
      });
    });
  }

  it('begins where the family says, and is the row where nothing is said', () => {
    const from = (positions: Positions): number[] => [0, 1, 57].map((row) => positions.at(row, 2));
    assert.deepEqual(from(new Positions()), [0, 1, 57]);
    assert.deepEqual(from(new Positions(1)), [1, 2, 58]);
  });

  it('is divided where a rope is scaled', () => {
    const [plain, scaled] = [{ theta: 100 }, { theta: 100, scaling: { type: 'linear', factor: 8 } as const }];
    const of = (rope: typeof plain): number[] => Array.from(new Rotation(rope, 16).frequencies);
    assert.deepEqual(
      of(scaled),
      of(plain).map((f) => Math.fround(f / 8)),
    );
  });
});
