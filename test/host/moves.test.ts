import assert from 'node:assert/strict';
import { isWithin, movedTo } from '../../src/host/moves';

class Uri {
  constructor(
    readonly path: string,
    readonly scheme = 'file',
  ) {}
  with({ path }: { path: string }): Uri {
    return new Uri(path, this.scheme);
  }
}
const rename = (from: string, to: string) => ({ oldUri: new Uri(from), newUri: new Uri(to) });

describe('where an experiment is after a rename', () => {
  it('follows its file, and a folder above it', () => {
    const uri = new Uri('/work/a/star.flow.json');
    assert.equal(
      movedTo(uri, rename('/work/a/star.flow.json', '/work/b/sun.flow.json'))?.path,
      '/work/b/sun.flow.json',
    );
    assert.equal(movedTo(uri, rename('/work', '/play'))?.path, '/play/a/star.flow.json');
  });

  it('stays when something else was renamed', () => {
    const uri = new Uri('/work/ab/star.flow.json');
    assert.equal(movedTo(uri, rename('/work/a', '/work/c')), undefined);
    assert.equal(movedTo(new Uri('/work/a/star.flow.json', 'untitled'), rename('/work/a', '/work/c')), undefined);
    assert.ok(!isWithin(uri, new Uri('/work/ab/star')));
  });
});
