/** An import that kills its own process, as a power cut would, when so many tensors are done. */
import { importQuantized, type Kind, recipeOf } from '../../src/core/quantize/import';
import { openCheckpoint } from '../../src/core/families';

const [from, to, kind, tensors] = process.argv.slice(2);
const seen = new Set<string>();
void openCheckpoint(from).then((spec) =>
  importQuantized(spec, to, recipeOf(kind as Kind), {
    onProgress: ({ name }) => {
      seen.add(name);
      if (seen.size > Number(tensors)) process.kill(process.pid, 'SIGKILL');
    },
  }),
);
