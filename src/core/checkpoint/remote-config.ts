import { z } from 'zod';
import { parseConfig } from './config';
import { parseJson } from './folder';

/**
 * Looks at the config.json of a model that is not on this disk yet, so that nobody waits for gigabytes that cannot be
 * used. @throws CrossflowError `usage` naming the key that is not supported
 */
export function checkConfig(text: string, place: string): void {
  parseConfig(parseJson(text, z.record(z.string(), z.unknown()), place), place);
}
