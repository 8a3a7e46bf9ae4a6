/**
 * What can be read of an experiment although its text has errors. An edit must see what stands there: a set or knockout
 * is not missing because something else cannot be read. Pure.
 */
import { toKnockout } from './references';
import { knockoutSchema, setSchema, windowSchema } from './schema';
import { Source, valueOf } from './source';
import { DEFAULT_WINDOW, type Knockout, type SetDefinition } from './types';
import { toSets } from './written';

export interface Readable {
  /** By name; undefined where the definition cannot be read. */
  readonly sets: Readonly<Record<string, SetDefinition | undefined>>;
  /** In the order of the text; undefined for those that cannot be read. */
  readonly knockouts: readonly (Knockout | undefined)[];
  readonly window: number;
}

export function readReadable(text: string): Readable {
  const source = new Source(text, '');
  const at = (key: string): unknown => {
    const node = source.node([key]);
    return node && valueOf(node);
  };
  const window = windowSchema.safeParse(at('window')).data ?? DEFAULT_WINDOW;
  const [sets, knockouts] = [at('sets'), at('knockouts')];
  return {
    window,
    sets: Object.fromEntries(
      typeof sets === 'object' && sets !== null && !Array.isArray(sets)
        ? Object.entries(sets).map(([name, written]) => {
            const { data } = setSchema.safeParse(written);
            return [name, data && toSets({ [name]: data })[name]];
          })
        : [],
    ),
    knockouts: Array.isArray(knockouts)
      ? knockouts.map((written) => {
          const { data } = knockoutSchema.safeParse(written);
          return data === undefined ? undefined : toKnockout(data, window);
        })
      : [],
  };
}
