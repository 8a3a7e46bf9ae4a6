/**
 * The document that `crossflow run FILE --json` prints and the panel exports (design section 4). Tests and other tools
 * read it, so keys are snake_case as published and never change their meaning. It holds no time and no path of this
 * machine: the same question to the same model gives the same bytes.
 */
import { basename } from 'node:path';
import type { Experiment, QuestionInput, SetDefinition } from '../experiment/types';
import type { Aspect, PixelRange } from '../spec';
import type { Box } from '../vision/image';
import type { Candidate, CleanResult, Curve, Device, ExampleInfo, LensResult, ModelInfo } from './types';

export interface ResultDocument extends Result {
  readonly provenance: Provenance;
}

/** What the numbers were computed with and from: equal here means equal there, on one device. */
export interface Provenance {
  /** Versions. */
  readonly crossflow: string;
  readonly onnxruntime: string;
  /** checkpointHash(): sha256 over weights, config, processor and tokenizer. */
  readonly checkpoint: string;
  /** sha256 of the picture's file. */
  readonly image: string;
}

export interface Result {
  readonly model: {
    /** Hugging Face id, or the folder's name. */
    readonly name: string;
    readonly family: string;
    readonly layers: number;
    readonly heads: number;
    readonly hidden: number;
    /** Of the weights as they are stored. */
    readonly dtype: string;
    readonly parameters: number;
  };
  readonly question: ResultQuestion;
  /** How knockouts ran: forked rows, or the whole sequence each time. */
  readonly method: 'fork' | 'full';
  /** Where it was computed: `cpu`, or the device that was asked for. */
  readonly device: Device;
  /** The filled template, the image token's text once. */
  readonly prompt: string;
  /** Token ids of the prompt with the image token once, as the template gives it. */
  readonly input_ids: readonly number[];
  /** Length of the expanded sequence. */
  readonly tokens: number;
  /** Those of the set `Image`; marks between the image's parts are not among them. */
  readonly image_tokens: number;
  /** Positions in the expanded sequence, ascending, by set name. */
  readonly sets: Readonly<Record<string, readonly number[]>>;
  readonly answer: {
    /** First answer token (greedy). */
    readonly token: number;
    readonly ids: readonly number[];
    readonly text: string;
    /** Probability of the first answer token, 0 to 1. */
    readonly probability: number;
    /** Equal to the gold answer in lower case; left out without a gold answer. */
    readonly correct?: boolean;
  };
  /** The five best first tokens. */
  readonly top: readonly Candidate[];
  readonly knockouts: readonly ResultKnockout[];
  readonly lens: ResultLens;
}

/** What was asked. */
export interface ResultQuestion {
  readonly text: string;
  readonly image: {
    /** Name of its file. */
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly aspect: Aspect;
    /** Fewest and most pixels, where the experiment sets them. */
    readonly pixels?: PixelRange;
  };
  /** Conversation template; null: the checkpoint's own chat template. */
  readonly template: string | null;
  /** System message; left out without one. */
  readonly system?: string;
  readonly instruction: string;
  /** Gold answer, true and false option, boxes of objects `[x, y, width, height]` and their word: where they were given. */
  readonly gold?: string;
  readonly options?: readonly [string, string];
  readonly objects?: readonly Box[];
  readonly object_name?: string;
  /** Definitions of the experiment's own sets; `sets` of the document has their positions. */
  readonly sets: Readonly<Record<string, SetDefinition>>;
}

export interface ResultKnockout {
  /** knockoutLabel(), e.g. `Question->Last`. */
  readonly edge: string;
  /** Layers per window; left out where there is none (`prune`). */
  readonly window?: number;
  /** Query heads that were blocked; left out when all. */
  readonly heads?: readonly number[];
  /** Probability of the clean run's first answer token, one per centre layer. */
  readonly scores: readonly number[];
  /** 100 * (score - base) / base, one per centre layer. */
  readonly change: readonly number[];
}

/** Probability of each word's first token at the last position; L + 1 rows, row 0 the embedding. */
export interface ResultLens {
  readonly without_norm: Readonly<Record<string, readonly number[]>>;
  readonly with_norm: Readonly<Record<string, readonly number[]>>;
  /** Five best tokens per row, through the final norm. */
  readonly top: readonly (readonly Candidate[])[];
}

export interface ResultParts {
  readonly model: ModelInfo;
  readonly asked: Asked;
  readonly example: ExampleInfo;
  readonly clean: CleanResult;
  readonly curves: readonly Curve[];
  readonly lens: LensResult;
}

/** What an experiment asked when these results were computed. */
export interface Asked {
  readonly model: Experiment['model'];
  readonly question: QuestionInput;
  readonly method: 'fork' | 'full';
}

export function resultOf({ model, asked, example, clean, curves, lens }: ResultParts): Result {
  const { family, layers, heads, hidden, dtype, parameters } = model;
  const { token, ids, text, probability, correct } = clean.answer;
  const name = asked.model.kind === 'hub' ? asked.model.id : basename(model.directory);
  return {
    model: { name, family, layers, heads, hidden, dtype, parameters },
    question: questionOf(asked.question, example),
    method: asked.method,
    device: model.device,
    prompt: example.prompt,
    input_ids: example.inputIds,
    tokens: example.tokens.length,
    image_tokens: example.sets['Image'].length,
    sets: example.sets,
    answer: { token, ids, text, probability, ...(correct !== undefined && { correct }) },
    top: clean.top,
    knockouts: curves.map((curve) => ({
      edge: curve.edge,
      ...('window' in curve.knockout && { window: curve.window }),
      ...(curve.heads && { heads: curve.heads }),
      scores: curve.scores,
      change: curve.change,
    })),
    lens: { without_norm: lens.withoutNorm, with_norm: lens.withNorm, top: lens.top },
  };
}

function questionOf(asked: QuestionInput, { geometry }: ExampleInfo): ResultQuestion {
  const { image, template, system, instruction, question, answer, options, objects, objectName, sets } = asked;
  const { width, height, aspect, pixels } = geometry;
  return {
    text: question,
    image: { file: basename(image), width, height, aspect, ...(pixels && { pixels }) },
    template: template ?? null,
    ...(system !== undefined && { system }),
    instruction,
    ...(answer !== undefined && { gold: answer }),
    ...(options && { options }),
    ...(objects && objects.length > 0 && { objects }),
    ...(objectName !== undefined && { object_name: objectName }),
    sets,
  };
}
