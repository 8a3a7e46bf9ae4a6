import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** A folder for one mocha suite, removed at its end. Call it inside `describe`; the result is set when tests run. */
export function temporaryFolder(): { readonly path: string; join(...names: string[]): string } {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crossflow-test-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  return {
    get path() {
      return folder;
    },
    join: (...names) => path.join(folder, ...names),
  };
}
