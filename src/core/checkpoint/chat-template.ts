import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { readJsonFile, readTextFile } from './folder';

const named = z.array(z.looseObject({ name: z.string(), template: z.string() }));
const templates = z.union([z.string(), named, z.record(z.string(), z.string())]);
const schema = z.looseObject({ chat_template: templates.nullish() });

/**
 * The chat template of a folder: chat_template.jinja, chat_template.json (both belong to the processor, which knows
 * about images), processor_config.json or tokenizer_config.json, in this order. Of several named ones "default".
 */
export async function readChatTemplate(
  folder: string,
): Promise<{ readonly text: string; readonly file: string } | undefined> {
  const jinja = join(folder, 'chat_template.jinja');
  const text = await readTextFile(jinja);
  if (text !== undefined) return { text, file: jinja };
  for (const name of ['chat_template.json', 'processor_config.json', 'tokenizer_config.json']) {
    const file = join(folder, name);
    const value = (await readJsonFile(file, schema))?.chat_template;
    if (value != null) return { text: pick(value, file), file };
  }
  return undefined;
}

function pick(value: z.infer<typeof templates>, file: string): string {
  if (typeof value === 'string') return value;
  const byName = Array.isArray(value)
    ? new Map(value.map((t) => [t.name, t.template]))
    : new Map(Object.entries(value));
  const template = byName.get('default') ?? (byName.size === 1 ? [...byName.values()][0] : undefined);
  if (template !== undefined) return template;
  throw usage(`has several chat templates and no default: ${[...byName.keys()].join(', ')}`, file);
}
