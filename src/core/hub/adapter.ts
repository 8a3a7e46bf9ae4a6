/** LoRA and other adapters: changes to a base model, which must be merged into it before anything can be read. */
import { z } from 'zod';
import { usage, type CrossflowError } from '../errors';
import { INDEX, SINGLE } from './weight-files';

export const ADAPTER_CONFIG = 'adapter_config.json';
const configSchema = z.looseObject({ base_model_name_or_path: z.string().min(1).nullish() });

/**
 * Why a folder with these files cannot be used, where it is an adapter. transformers loads an adapter onto its base model
 * wherever adapter_config.json stands, also beside whole weights.
 * @param config text of adapter_config.json
 * @param names all files of the folder
 */
export function adapterRefusal(config: string, names: readonly string[], place: string): CrossflowError {
  const base = baseOf(config);
  const of = base ?? 'BASE';
  if (names.includes(SINGLE) || names.includes(INDEX)) {
    const what = `has whole weights and an adapter of ${of} beside them (${ADAPTER_CONFIG})`;
    return usage(what, place, `if the adapter is merged into the weights, move ${ADAPTER_CONFIG} away`);
  }
  const what = `is an adapter${base === undefined ? '' : ` of ${base}`} (${ADAPTER_CONFIG}), not a whole model`;
  // github.com/haotian-liu/LLaVA keeps the trained projector beside its adapters, where peft does not find it
  if (names.includes('non_lora_trainables.bin')) {
    const script = `python scripts/merge_lora_weights.py --model-path ADAPTER --model-base ${of} --save-model-path MERGED`;
    return usage(what, place, `merge it first, in a clone of github.com/haotian-liu/LLaVA: ${script}`);
  }
  const python = [
    'from peft import PeftModel',
    'from transformers import AutoModelForImageTextToText as Model, AutoProcessor',
    `PeftModel.from_pretrained(Model.from_pretrained("${of}"), "ADAPTER").merge_and_unload().save_pretrained("MERGED")`,
    `AutoProcessor.from_pretrained("${of}").save_pretrained("MERGED")`,
  ];
  return usage(what, place, `merge it first, in Python: ${python.join('; ')}`);
}

function baseOf(config: string): string | undefined {
  try {
    return configSchema.parse(JSON.parse(config)).base_model_name_or_path ?? undefined;
  } catch {
    return undefined;
  }
}
