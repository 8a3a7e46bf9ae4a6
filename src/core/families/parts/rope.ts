/** What a config says about rotary positions. Source: transformers modeling_rope_utils.py, modeling_qwen2_vl.py. */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import { usage } from '../../errors';
import type { Rope, RopeScaling } from '../../spec';
import { count } from './config';
import type { TextType } from './text-types';

export const ropeSchema = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: z.number().positive().nullish(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().positive().nullish(),
  high_freq_factor: z.number().positive().nullish(),
  original_max_position_embeddings: count.nullish(),
  partial_rotary_factor: z.number().nullish(),
  mrope_section: z.unknown().optional(),
  mrope_interleaved: z.unknown().optional(),
});
const size = z.number().int().nonnegative();
const sizesSchema = z.tuple([size, size, size]).nullish();

/** The keys of a decoder's config that are read here. */
interface RawRope {
  readonly rope_theta?: number | null | undefined;
  readonly rope_scaling?: z.infer<typeof ropeSchema> | null | undefined;
  readonly rope_parameters?: z.infer<typeof ropeSchema> | null | undefined;
  readonly partial_rotary_factor?: number | null | undefined;
}

/**
 * As transformers' `convert_rope_params_to_dict`: `rope_scaling` wins over `rope_parameters`, a theta inside over one
 * beside them.
 * @throws CrossflowError `usage` naming the key
 */
export function parseRope(
  raw: RawRope,
  type: TextType,
  { headDim, maxPositions }: { readonly headDim: number; readonly maxPositions: number },
  file: string,
  key: (name: string) => string,
): Rope {
  const [name, params] =
    raw.rope_scaling && Object.keys(raw.rope_scaling).length > 0
      ? ['rope_scaling', raw.rope_scaling]
      : ['rope_parameters', raw.rope_parameters ?? {}];
  const { mrope_section: sizes } = params;
  const theta = params.rope_theta ?? raw.rope_theta ?? type.ropeTheta;
  const partial = params.partial_rotary_factor ?? raw.partial_rotary_factor ?? 1;
  if (partial !== 1) throw usage(`${key('partial_rotary_factor')} is ${partial}; only 1 is supported`, file);
  const scaling = parseScaling(params, type, maxPositions, file, (k) => `${key(name)}.${k}`);
  const place = `${key(name)}.mrope_section`;
  return {
    theta,
    ...(scaling && { scaling }),
    ...(type.sections && { sections: parseSections(sizes, type.sections, headDim, file, place) }),
  };
}

function parseScaling(
  params: z.infer<typeof ropeSchema>,
  { sections }: TextType,
  maxPositions: number,
  file: string,
  key: (name: string) => string,
): RopeScaling | undefined {
  const number = (k: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = params[k];
    if (value == null) throw usage(`${key(k)} is missing`, file);
    return value;
  };
  const named = params.rope_type ?? params.type ?? 'default';
  // what files of transformers 4 call plain frequencies on three axes
  const type = sections && (named === 'mrope' || params.type === 'mrope') ? 'default' : named;
  switch (type) {
    case 'default':
      return undefined;
    case 'linear':
      return { type, factor: number('factor') };
    case 'llama3': {
      const lowFreqFactor = number('low_freq_factor');
      const highFreqFactor = number('high_freq_factor');
      if (highFreqFactor <= lowFreqFactor) throw usage(`${key('high_freq_factor')} is not above low_freq_factor`, file);
      const originalMaxPositions = params.original_max_position_embeddings ?? maxPositions;
      return { type, factor: number('factor'), lowFreqFactor, highFreqFactor, originalMaxPositions };
    }
    default: {
      const hint = `supported: default, linear, llama3${sections ? ', mrope' : ''}`;
      throw usage(`${key('rope_type')} is "${type}", which is not supported`, file, hint);
    }
  }
}

function parseSections(
  value: unknown,
  { sizes, interleaved }: NonNullable<TextType['sections']>,
  headDim: number,
  file: string,
  place: string,
): NonNullable<Rope['sections']> {
  const [t, h, w] = parseValue(value, sizesSchema, file, place) ?? sizes;
  if (t + h + w !== headDim / 2) {
    const what = `${place} [${t}, ${h}, ${w}] sums to ${t + h + w}, not to half a head (${headDim / 2})`;
    throw usage(what, file);
  }
  return { sizes: [t, h, w], interleaved };
}
