/** Which files hold a checkpoint's weights, and what to say where none can be read. */
import { z } from 'zod';
import { usage, type CrossflowError } from '../errors';

export const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
/** `model.safetensors.index.json`: each tensor's file. */
export const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * The shards that an index names, each once.
 * @throws CrossflowError `usage` for one that is no .safetensors file of the same folder
 */
export function shardsOf(weightMap: Readonly<Record<string, string>>, listing: string): string[] {
  const shards = [...new Set(Object.values(weightMap))].sort();
  const bad = shards.find((shard) => /[\\/:]/.test(shard) || !shard.endsWith('.safetensors'));
  if (bad === undefined) return shards;
  throw usage(`weight_map names "${bad}"; only .safetensors files of the same folder are read`, listing);
}

/** Why a folder with these files cannot be used. Pickles are named, never opened. */
export function noWeights(names: readonly string[], folder: string): CrossflowError {
  const safetensors = names.find((n) => n.endsWith('.safetensors'));
  if (safetensors !== undefined) {
    return usage(`neither ${SINGLE} nor ${INDEX} is there, only ${safetensors}`, folder, `add ${INDEX}`);
  }
  const pickled = names.find((n) => /\.(bin|pth|pt|ckpt)$/.test(n));
  if (pickled !== undefined) {
    const how =
      'get safetensors: a safetensors revision from the Hub, https://huggingface.co/spaces/safetensors/convert, or in ' +
      'Python model.save_pretrained(folder, safe_serialization=True)';
    return usage(`has only pickled weights (${pickled}); pickles can run code and are never opened`, folder, how);
  }
  return usage(`has no weights: ${SINGLE} is missing`, folder);
}
