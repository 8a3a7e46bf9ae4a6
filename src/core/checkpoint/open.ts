import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { findLocalModel } from '../hub/local';
import { readConfig, type CheckpointConfig } from './config';
import { decoderWeights, projectorWeights, visionWeights } from './collect';
import { checkpointFolder, readJsonFile } from './folder';
import { CLIP_PREFIXES, findLayout, visionPrefix } from './layouts';
import { readProcessor } from './processor';
import { readMarker, refuseUnfinished } from './quantized/marker';
import { isQuantized, type ModelSpec } from './spec';
import { readTokens } from './special-tokens';
import { parseClipConfig, type VisionConfig } from './vision-config';
import { WeightTable } from './weights';

/**
 * Reads everything about a checkpoint but its tensors' content: config, safetensors headers, image processor.
 * @param directory a checkpoint folder, or a repository folder of the Hugging Face cache
 * @throws CrossflowError `usage` saying which file and key or tensor is wrong, and what is supported
 */
export async function openCheckpoint(directory: string): Promise<ModelSpec> {
  await refuseUnfinished(directory);
  const folder = await checkpointFolder(directory);
  const config = await readConfig(folder);
  const quantization = await readMarker(config.file);
  const weights = await WeightTable.open(folder);
  const { layout, vision: prefix } = findLayout(weights, folder);

  const clipFolder = config.tower ? await findLocalModel(config.tower.name, folder) : undefined;
  const visionConfig = await visionConfigOf(config, clipFolder);
  const tower = prefix === undefined ? await openTower(config, clipFolder) : { table: weights, prefix };
  const processor = await readProcessor(
    clipFolder === undefined ? [folder] : [folder, clipFolder],
    config.family,
    { ...visionConfig, select: config.select },
    config.gridPinpoints,
  );

  const decoder = decoderWeights(weights, layout, config.text, config.file);
  const vision = visionWeights(tower.table, tower.prefix, visionConfig, config);
  const projector = projectorWeights(weights, layout, visionConfig.hidden, config);
  const newline = config.family === 'llava_next' ? weights.get(layout.newline, [config.text.hidden]) : undefined;
  const tokens = await readTokens(folder, config.imageTokenId, config.text.eos, processor.imageToken);

  const tables = tower.table === weights ? [weights] : [weights, tower.table];
  const used = tables.flatMap((t) => [...t.used.values()]);
  const paths = new Set(used.map((t) => (isQuantized(t) ? t.values.file : t.file)));
  return {
    family: config.family,
    directory: folder,
    ...(clipFolder === undefined ? {} : { towerDirectory: clipFolder }),
    layout: layout.name,
    dtype: decoder.weights.embedding.dtype,
    decoder,
    vision,
    projector,
    ...(newline ? { imageNewline: newline } : {}),
    processor: { ...processor.spec, ...(config.unpadding ? { unpadding: config.unpadding } : {}) },
    aspect: processor.pads ? 'pad' : config.aspect,
    imageTokenId: config.imageTokenId,
    imageTokenText: tokens.imageText ?? '<image>',
    eosTokenIds: tokens.eos,
    ...(config.maxTokens === undefined ? {} : { maxTokens: config.maxTokens }),
    files: tables.flatMap((t) => t.files).filter((f) => paths.has(f.path)),
    parameters: used.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0),
    ...(quantization ? { quantization } : {}),
  };
}

async function visionConfigOf(config: CheckpointConfig, clipFolder: string | undefined): Promise<VisionConfig> {
  const { tower } = config;
  let vision = config.vision;
  if (clipFolder !== undefined) {
    const file = join(clipFolder, 'config.json');
    const json = await readJsonFile(file, z.record(z.string(), z.unknown()));
    if (json !== undefined) vision = parseClipConfig(json, file);
  }
  if (vision === undefined) throw towerMissing(config);
  if (tower?.hidden !== undefined && tower.hidden !== vision.hidden) {
    throw usage(`mm_hidden_size is ${tower.hidden}, but the tower ${tower.name} has ${vision.hidden}`, config.file);
  }
  return vision;
}

async function openTower(
  config: CheckpointConfig,
  clipFolder: string | undefined,
): Promise<{ table: WeightTable; prefix: string }> {
  if (clipFolder === undefined) throw towerMissing(config);
  const table = await WeightTable.open(clipFolder);
  const prefix = visionPrefix(table, CLIP_PREFIXES);
  if (prefix === undefined)
    throw usage('has no CLIP vision tower: no vision_model.embeddings.class_embedding', clipFolder);
  return { table, prefix };
}

function towerMissing(config: CheckpointConfig): Error {
  const name = config.tower?.name;
  if (name === undefined) return usage('mm_vision_tower is missing', config.file, 'name the CLIP folder there');
  const where = 'looked in the checkpoint folder, beside it and in the Hugging Face cache';
  const hint = `${where}; fetch it with "crossflow fetch ${name}", or put a copy with safetensors beside the checkpoint`;
  return usage(`the vision tower "${name}" (mm_vision_tower) was not found on this disk`, config.file, hint);
}
