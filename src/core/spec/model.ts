/** The prompt, and a checkpoint as a whole. */
import type { DecoderSpec, SightRule } from './decoder';
import type { Eye, ImageLayout } from './picture';
import type { Dtype } from './tensors';

/** What stands before the picture, and after it around the question. */
export interface PromptTemplate {
  readonly before: string;
  /** `{q}` is where question and instruction go. */
  readonly after: string;
  /** Tokens the template is made of: a tokenizer without them would spell them out letter by letter. */
  readonly tokens: readonly string[];
}

export interface PromptStyle {
  /** What stands for the picture in a filled template: '<image>', '<start_of_image>'. */
  readonly placeholder: string;
  /** The token whose rows the picture's features take; -200 in original LLaVA folders. */
  readonly imageTokenId: number;
  readonly imageTokenText: string;
  /**
   * The text that takes the placeholder's place *before* tokenising, so that marks and line breaks come out as the
   * tokenizer makes them; undefined: the placeholder is one token, and becomes the run (LLaVA).
   */
  readonly imageText?: (layout: ImageLayout) => string;
  /** Prompts by name that this family knows beside the checkpoint's own chat template. */
  readonly templates: Readonly<Record<string, PromptTemplate>>;
  /** Where the checkpoint has no chat template of its own. */
  readonly chatTemplate?: string;
}

/** What config.json of an imported checkpoint says about itself. */
export interface Quantization {
  /** Of most weights; some may have 8. */
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** Bits for each quantised number, with scales and zero points. */
  readonly bitsPerWeight: number;
  /** The settings of the import, in words. */
  readonly recipe: string;
  /** The checkpoint it was made from: the name of its folder, and checkpointHash(). */
  readonly source: { readonly name: string; readonly hash: string };
}

export interface WeightFile {
  readonly path: string;
  readonly bytes: number;
  /** The companion's folder, for a file that is not the checkpoint's own. */
  readonly companion?: string;
}

export interface ModelSpec {
  /** `Family.id`: a name to show, never one to branch on. */
  readonly family: string;
  /** Absolute path of the checkpoint folder as the user named it. */
  readonly directory: string;
  /** Other folders that are part of it: original LLaVA's CLIP tower. */
  readonly companions: readonly string[];
  /** Which names of tensors fitted, for `inspect`. */
  readonly layout: string;
  readonly dtype: Dtype;
  readonly decoder: DecoderSpec;
  readonly eye: Eye;
  readonly prompt: PromptStyle;
  readonly sight: SightRule;
  /** Position of the first token: 0 as a rule, 1 in PaliGemma. */
  readonly firstPosition: number;
  readonly eosTokenIds: readonly number[];
  /** Longest prompt in tokens, image included, that the model's own code does not cut. Left out: it never cuts. */
  readonly maxTokens?: number;
  /** What of the checkpoint's files is left aside, in sentences to show. */
  readonly notes: readonly string[];
  /** The weight files, absolute and link-free, with their sizes in bytes. */
  readonly files: readonly WeightFile[];
  /** Number of stored parameters that are used. */
  readonly parameters: number;
  /** What `crossflow import` made of it; undefined for a checkpoint as it was trained. */
  readonly quantization?: Quantization;
}
