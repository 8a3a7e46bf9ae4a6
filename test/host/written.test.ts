import assert from 'node:assert/strict';
import path from 'node:path';
import { asWritten, folderAsWritten } from '../../src/host/written';

describe('files as an experiment names them', () => {
  it('are relative to its folder, with forward slashes', () => {
    assert.equal(asWritten('/work/a', '/work/images/1.jpg'), '../images/1.jpg');
    assert.equal(asWritten('C:\\work\\a', 'C:\\work\\images\\1.jpg', path.win32), '../images/1.jpg');
    assert.equal(asWritten('/work', '/work'), '.');
  });

  it('begin like a path where a model is meant', () => {
    assert.equal(folderAsWritten('/work', '/work/models/x'), './models/x');
    assert.equal(folderAsWritten('/work/a', '/work/models/x'), '../models/x');
    assert.equal(folderAsWritten('C:\\work', 'C:\\work\\models\\x', path.win32), './models/x');
  });

  it('stay absolute on another drive', () => {
    assert.equal(folderAsWritten('C:\\work', 'D:\\models\\x', path.win32), 'D:/models/x');
  });
});
