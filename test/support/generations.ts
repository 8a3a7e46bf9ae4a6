/** Checkpoints of families in the files of another generation: names of tensors, configs, processors, chat templates. */

import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copySmallFiles, readJson, readTensors, writeJson, writeWeights, type Json } from './checkpoints';

/**
 * - `hub`: as the files of most hubs' repositories: flat preprocessor_config.json, chat_template.json, a config as
 *   transformers 4 wrote it
 * - `new`: as transformers 5 writes them: all in processor_config.json, chat_template.jinja
 * - `memory`: names of tensors as the Python class has them; the chat template in tokenizer_config.json
 */
export type Generation = 'hub' | 'new' | 'memory';
export const GENERATIONS: readonly Generation[] = ['hub', 'new', 'memory'];

type Renaming = readonly (readonly [from: string, to: string])[];
const LLAVA_LIKE: Renaming = [
  ['language_model.model.', 'model.language_model.'],
  ['language_model.lm_head.', 'lm_head.'],
  ['vision_tower.', 'model.vision_tower.'],
  ['multi_modal_projector.', 'model.multi_modal_projector.'],
  ['image_newline', 'model.image_newline'],
];
const QWEN: Renaming = [
  ['visual.', 'model.visual.'],
  ['model.', 'model.language_model.'],
];
/** From names as transformers 5 saves them. */
const MEMORY: Readonly<Record<string, Renaming>> = {
  qwen2_vl: QWEN,
  qwen2_5_vl: QWEN,
  internvl: LLAVA_LIKE,
  llava_onevision: LLAVA_LIKE,
  gemma3: LLAVA_LIKE,
  paligemma: LLAVA_LIKE,
};
const SIGLIP: Renaming = [['vision_tower.', 'vision_tower.vision_model.']];
/** As files of the hub have them. */
const HUB: Readonly<Record<string, Renaming>> = { llava_onevision: SIGLIP, gemma3: SIGLIP, paligemma: SIGLIP };
/** Configs of these have the decoder's keys at the top. */
const FLAT = ['qwen2_vl', 'qwen2_5_vl'];

/** @returns `to`: the same checkpoint in other files. */
export async function regenerate(from: string, generation: Generation, to: string, shards = 1): Promise<string> {
  await copySmallFiles(from, to);
  const config = await readJson(join(from, 'config.json'));
  const type = String(config['model_type']);
  const rules = (generation === 'memory' ? MEMORY[type] : generation === 'hub' ? HUB[type] : undefined) ?? [];
  const rename = (name: string): string => {
    const rule = rules.find(([prefix]) => name.startsWith(prefix));
    return rule ? rule[1] + name.slice(rule[0].length) : name;
  };
  await writeWeights(to, new Map([...(await readTensors(from))].map(([name, t]) => [rename(name), t])), shards);
  if (generation === 'hub') await writeJson(join(to, 'config.json'), olderConfig(config, type));
  await writeProcessor(from, to, generation === 'new');
  await writeTemplate(from, to, generation);
  return to;
}

/** As transformers 4 wrote it. */
function olderConfig({ dtype, text_config: text, ...rest }: Json, type: string): Json {
  const { dtype: _, rope_parameters: rope, layer_types: _types, ...decoder } = (text ?? {}) as Json;
  const older: Json = { ...decoder, ...olderRope((rope ?? {}) as Json) };
  if (!FLAT.includes(type)) return { ...rest, torch_dtype: dtype, text_config: older };
  const { model_type: _own, ...keys } = older;
  return { ...keys, ...rest, torch_dtype: dtype, sliding_window: 32768, use_sliding_window: false };
}

function olderRope(rope: Json): Json {
  const { full_attention: full, sliding_attention: sliding } = rope as Record<string, Json | undefined>;
  if (full && sliding) {
    return { ...olderRope(full), rope_local_base_freq: sliding['rope_theta'] };
  }
  const { rope_theta: theta, rope_type: type, ...others } = rope;
  const plain = type === undefined || type === 'default';
  const scaling = plain && Object.keys(others).length === 0 ? null : { ...others, type: plain ? 'mrope' : type };
  const named = plain && 'mrope_interleaved' in others ? { ...others, rope_type: 'default' } : scaling;
  return { ...(theta === undefined ? {} : { rope_theta: theta }), rope_scaling: named };
}

async function writeProcessor(from: string, to: string, nested: boolean): Promise<void> {
  const [outer, flat] = ['processor_config.json', 'preprocessor_config.json'];
  const { image_processor: inner, ...others } = existsSync(join(from, outer)) ? await readJson(join(from, outer)) : {};
  const processor = (inner ?? (await readJson(join(from, flat)))) as Json;
  await rm(join(to, flat), { force: true });
  if (nested) return writeJson(join(to, outer), { ...others, image_processor: processor });
  await writeJson(join(to, flat), processor);
  if (Object.keys(others).length > 0) await writeJson(join(to, outer), others);
  else await rm(join(to, outer), { force: true });
}

async function writeTemplate(from: string, to: string, generation: Generation): Promise<void> {
  const places = { new: 'chat_template.jinja', hub: 'chat_template.json' };
  const tokenizer = await readJson(join(from, 'tokenizer_config.json'));
  const template = existsSync(join(from, places.new))
    ? readFileSync(join(from, places.new), 'utf8')
    : existsSync(join(from, places.hub))
      ? (await readJson(join(from, places.hub)))['chat_template']
      : tokenizer['chat_template'];
  if (typeof template !== 'string') return;
  for (const name of Object.values(places)) await rm(join(to, name), { force: true });
  const { chat_template: _, ...rest } = tokenizer;
  await writeJson(
    join(to, 'tokenizer_config.json'),
    generation === 'memory' ? { ...rest, chat_template: template } : rest,
  );
  if (generation === 'new') await writeFile(join(to, places.new), template);
  if (generation === 'hub') await writeJson(join(to, places.hub), { chat_template: template });
}
