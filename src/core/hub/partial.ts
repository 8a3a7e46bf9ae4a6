import { rename, rm, type FileHandle } from 'node:fs/promises';
import type { Hash } from 'node:crypto';
import { openInPlace } from '../files/open-in-place';
import { hashOf, type HubFile } from './listing';

const PIECE = 4 * 2 ** 20;

/** A file on its way: what has arrived, and its checksum so far. Only ever grows at its end. */
export class Partial {
  #at = 0;
  #hash: Hash;

  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    private readonly file: HubFile,
  ) {
    this.#hash = hashOf(file);
  }

  /** Takes up what an earlier process left; all of it is read, since it counts for the checksum. */
  static async open(path: string, file: HubFile, signal: AbortSignal): Promise<Partial> {
    const handle = await openInPlace(path);
    const partial = new Partial(handle, path, file);
    try {
      const { size } = await handle.stat();
      if (size > file.size) await handle.truncate(0);
      else await partial.#read(size, signal);
      return partial;
    } catch (e) {
      await handle.close();
      throw e;
    }
  }

  /** Bytes that are here. */
  get at(): number {
    return this.#at;
  }

  /** How many bytes are still to come. */
  get missing(): number {
    return this.file.size - this.#at;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length;) {
      written += (await this.handle.write(chunk, written, chunk.length - written, this.#at + written)).bytesWritten;
    }
    this.#hash.update(chunk);
    this.#at += chunk.length;
  }

  /** Throws away what has arrived. */
  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.#at = 0;
    this.#hash = hashOf(this.file);
  }

  /** The checksum of what is here, in hexadecimal digits. */
  digits(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The file is whole: gives it its place, flushed first, since a name there means complete. */
  async finish(place: string): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    await rename(this.path, place);
  }

  async close(): Promise<void> {
    await this.handle.close().catch(() => undefined);
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async #read(size: number, signal: AbortSignal): Promise<void> {
    const piece = Buffer.alloc(Math.min(PIECE, size));
    while (this.#at < size) {
      signal.throwIfAborted();
      const { bytesRead } = await this.handle.read(piece, 0, Math.min(piece.length, size - this.#at), this.#at);
      if (bytesRead === 0) break;
      this.#hash.update(piece.subarray(0, bytesRead));
      this.#at += bytesRead;
    }
  }
}
