/** What a new experiment needs to be right from the start: facts of its model, its picture and its table. */
import { readChatTemplate } from '../../core/checkpoint/chat-template';
import { openCheckpoint } from '../../core/families';
import { readQuestions } from '../../core/dataset/rows';
import { readImageSize } from '../../core/vision/decode';
import { middleOf, type NewExperiment } from './template';

/** Larger vocabularies than this are Llama 3's: its header tokens are what the prompt is made of. */
const LLAMA_2_VOCABULARY = 40_000;

/** A folder that cannot be read has no facts; its run says why. */
export async function modelFacts(folder: string | undefined): Promise<Pick<NewExperiment, 'prompt' | 'layers'>> {
  if (folder === undefined) return {};
  try {
    const [{ decoder }, template] = await Promise.all([openCheckpoint(folder), readChatTemplate(folder)]);
    const { layers, vocab } = decoder;
    if (template) return { layers };
    return { layers, prompt: vocab > LLAMA_2_VOCABULARY ? 'llava_llama_3' : 'vicuna_v1' };
  } catch {
    return {};
  }
}

/** A box in the middle of the picture; none for a picture that cannot be read. */
export async function boxFor(picture: string): Promise<Pick<NewExperiment, 'box'>> {
  try {
    const { width, height } = await readImageSize(picture);
    return { box: middleOf(width, height) };
  } catch {
    return {};
  }
}

/** Does the table say where objects are? */
export async function hasBoxes(csv: string): Promise<boolean> {
  try {
    const { rows } = await readQuestions(csv);
    return rows.some(({ objects }) => objects.length > 0);
  } catch {
    return false;
  }
}
