import { open } from 'node:fs/promises';
import { usage } from '../errors';
import { MAX_TEXT } from './source';

/**
 * The text of a file that a person wrote. `shown`: its name in messages; `what`: what it should be, `an experiment:
 * NAME.flow.json`. Throws CrossflowError `usage`.
 */
export async function readText(path: string, shown: string, what: string): Promise<string> {
  let bytes: Buffer;
  try {
    const handle = await open(path, 'r');
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw usage('not a file', shown, `give ${what}`);
      if (stat.size > MAX_TEXT) throw usage(`${stat.size} bytes are too many for ${what.split(':')[0]}`, shown);
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usage('no such file', shown);
    if (code === 'EISDIR') throw usage('not a file', shown, `give ${what}`);
    if (code !== undefined) throw usage(`cannot be read: ${code}`, shown);
    throw e;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usage('not a UTF-8 text', shown);
  }
}
