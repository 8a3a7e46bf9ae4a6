import assert from 'node:assert/strict';
import path from 'node:path';
import { failed, usage } from '../../src/core/errors';
import { banner, notice } from '../../src/host/subject';

describe('what a message is about', () => {
  const file = path.resolve('models/shapes-llava/config.json');

  it('is the file of the error, by its folder and name, with its line', () => {
    assert.deepEqual(banner(usage('"rope_scaling" is not supported', { file, line: 3 }, 'take it out')), {
      message: 'shapes-llava/config.json:3: "rope_scaling" is not supported',
      hint: 'take it out',
    });
  });
  it('is not told twice, and left out where there is none', () => {
    assert.deepEqual(banner(usage('config.json is no JSON', file)), { message: 'config.json is no JSON' });
    assert.deepEqual(banner(failed('out of memory')), { message: 'out of memory' });
  });
  it('is the experiment in a notification, where the error names no file', () => {
    assert.equal(notice('star', failed('no memory')), 'Crossflow: star: no memory');
    assert.equal(notice('star', usage('is no picture', file)), `Crossflow: ${file}: is no picture`);
  });
});
