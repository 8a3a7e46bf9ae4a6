/** How near reference values must be. */
import assert from 'node:assert/strict';

/** Reference arrays agree to this part of their largest value; scores to this part of themselves plus `ABSOLUTE`. */
const SCALE = 1e-4;
const RELATIVE = 5e-4;
const ABSOLUTE = 2e-6;

export function assertArray(got: ArrayLike<number>, want: ArrayLike<number>, what: string, part = SCALE): void {
  assert.equal(got.length, want.length, `${what}: length`);
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    assert.ok(Number.isFinite(got[i]), `${what}[${i}] is ${got[i]}`);
    scale = Math.max(scale, Math.abs(want[i]));
    worst = Math.max(worst, Math.abs(got[i] - want[i]));
  }
  assert.ok(worst <= part * scale, `${what}: off by ${worst} where the largest value is ${scale}`);
}

export function assertScores(got: readonly number[], want: readonly number[], what: string): void {
  assert.equal(got.length, want.length, `${what}: length`);
  want.forEach((w, i) =>
    assert.ok(Math.abs(got[i] - w) <= ABSOLUTE + RELATIVE * w, `${what}[${i}]: ${got[i]} for ${w}`),
  );
}
