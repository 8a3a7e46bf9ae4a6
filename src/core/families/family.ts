/**
 * What a model family is: one file that says which config, which tensors and which numbers make a ModelSpec of a
 * checkpoint. A family holds no ONNX node (graph/ builds from the spec), and nothing outside families/ names one.
 * docs/add-a-family.md is the guide.
 */
import type { WeightTable } from '../checkpoint/weights';
import type { KeyRules } from '../checkpoint/keys/rules';
import type { Companion } from '../hub/companions';
import type { ModelSpec, Quantization } from '../spec';
import type { TEXT_KEYS } from './keys/text';

/** config.json as it stands. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** A checkpoint folder whose config.json has been understood and whose tensors are listed. */
export interface CheckpointFolder {
  /** Absolute path as the user named it. */
  readonly path: string;
  /** Path of config.json, for errors. */
  readonly config: string;
  readonly weights: WeightTable;
  readonly quantization?: Quantization;
}

/** What the files of a family's checkpoints may say; keys/models.ts has one for each. */
export interface FamilyKeys {
  /** config.json. */
  readonly config: KeyRules;
  /** `model_type` of a decoder's config that has none: its keys are listed in keys/text.ts. */
  readonly text: keyof typeof TEXT_KEYS;
  /** Where there is no `text_config`, the decoder's keys stand at the top. */
  readonly flatText?: boolean;
  /** `vision_config`. */
  readonly vision: KeyRules;
  /** preprocessor_config.json, or `image_processor` of processor_config.json. */
  readonly image: KeyRules;
  /** processor_config.json. */
  readonly processor: KeyRules;
  /** generation_config.json. */
  readonly generation: KeyRules;
}

export interface Family<C = unknown> {
  /** As results name it: `llava_next`. */
  readonly id: string;
  readonly title: string;
  /** Values of `model_type` that belong to it, for words about what is supported. */
  readonly types: readonly string[];
  /** Read before the family sees a file. */
  readonly keys: FamilyKeys;
  /** Whether a config.json is of this family. */
  claims(config: RawConfig): boolean;
  /**
   * Pure: runs on the config of a model that is not on this disk yet, too.
   * @param file what errors name
   * @throws CrossflowError `usage` naming the key that cannot be used
   */
  parse(config: RawConfig, file: string): C;
  companions?(config: C): readonly Companion[];
  /** @throws CrossflowError `usage` naming the tensor or file that does not fit */
  open(folder: CheckpointFolder, config: C): Promise<ModelSpec>;
}

/** A family's parsed config never leaves its file: to all others it is unknown. */
export const family = <C>(f: Family<C>): Family => f;

/** The claim of a family whose configs name it, or at least its Python class. */
export const namedBy =
  (types: readonly string[], architectures: readonly string[]) =>
  (config: RawConfig): boolean => {
    const { model_type: type, architectures: listed } = config;
    if (type != null) return typeof type === 'string' && types.includes(type);
    return Array.isArray(listed) && listed.some((name) => architectures.includes(String(name)));
  };
