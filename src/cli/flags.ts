/** Options that several commands share, and how the text of their values is read. */
import { InvalidArgumentError, Option } from 'commander';
import { DEVICES } from '../core/engine/devices';
import { PALETTES } from '../core/report/figures/labels';

/** Takes a command's exit code once its work is done. */
export type Done = (code: number) => void;

export const device = (): Option =>
  new Option('--device <device>', 'where to compute: cpu, or what this platform has of the others').choices(DEVICES);

export const palette = (): Option =>
  new Option('--palette <name>', 'colours of the published edges (default: colour-blind)').choices(
    Object.keys(PALETTES),
  );

/** More threads than any machine has cores is a slip. */
const MOST_THREADS = 1024;

export function threads(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MOST_THREADS) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_THREADS}.`);
  }
  return number;
}

export function layers(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return number;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `512M`, `1.5G`, `2GiB`: bytes, in powers of 1024. */
export function memory(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = parts ? Math.round(Number(parts[1]) * (UNITS[(parts[2] ?? '').toLowerCase()] ?? NaN)) : NaN;
  if (!(bytes >= UNITS.m && bytes <= UNITS.t)) {
    throw new InvalidArgumentError('It must be a size from 1M to 1T, e.g. 512M or 2G.');
  }
  return bytes;
}
