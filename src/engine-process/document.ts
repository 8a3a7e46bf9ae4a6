/** A result of the panel as the document that `crossflow run --json` prints. */
import { openCheckpoint } from '../core/families';
import { provenanceOf } from '../core/journal/provenance';
import { resultOf, type ResultDocument, type ResultParts } from '../core/engine/result';

/** @throws CrossflowError `usage` when the checkpoint or the picture cannot be read any more */
export async function document(parts: ResultParts): Promise<ResultDocument> {
  const spec = await openCheckpoint(parts.model.directory);
  return { ...resultOf(parts), provenance: await provenanceOf(spec, parts.asked.question.image) };
}
