import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { openCheckpoint } from '../../src/core/families';
import { copyCheckpoint, copySmallFiles, writeJson } from '../support/checkpoints';
import { loadGolden } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const ADAPTER = { base_model_name_or_path: 'llava-hf/llava-1.5-7b-hf', peft_type: 'LORA', r: 8 };

describe('a LoRA folder', () => {
  const folder = temporaryFolder();
  const { modelDir } = loadGolden('llava-1.5-pad');
  const refuses = (act: Promise<unknown>, ...messages: RegExp[]): Promise<void> =>
    assert.rejects(act, (e) => {
      assert.ok(e instanceof CrossflowError && e.kind === 'usage', String(e));
      for (const message of messages) assert.match(e.line, message);
      return !e.line.includes('\n');
    });
  async function adapter(name: string, config: object = ADAPTER): Promise<string> {
    const to = folder.join(name);
    await mkdir(to);
    await writeJson(path.join(to, 'adapter_config.json'), config);
    await writeFile(path.join(to, 'adapter_model.safetensors'), '');
    return to;
  }
  const MERGE = [
    /is an adapter of llava-hf\/llava-1\.5-7b-hf \(adapter_config\.json\), not a whole model/,
    /merge it first, in Python: from peft import PeftModel; .*from_pretrained\("llava-hf\/llava-1\.5-7b-hf"\), "ADAPTER"\)\.merge_and_unload\(\)\.save_pretrained\("MERGED"\)/,
  ];

  it('is named, with its base and the Python lines that merge it', async () => {
    const to = await adapter('bare');
    await refuses(openCheckpoint(to), ...MERGE);
    await copySmallFiles(modelDir, to);
    await refuses(openCheckpoint(to), ...MERGE);
  });

  it('that names no base is an adapter all the same', async () => {
    const to = await adapter('unnamed', {});
    await refuses(openCheckpoint(to), /is an adapter \(adapter_config\.json\)/, /Model\.from_pretrained\("BASE"\)/);
    await writeFile(path.join(to, 'adapter_config.json'), '{broken');
    await refuses(openCheckpoint(to), /is an adapter \(adapter_config\.json\)/);
  });

  it('of the original code is merged by its own script', async () => {
    const to = await adapter('original');
    await writeFile(path.join(to, 'non_lora_trainables.bin'), '');
    await refuses(openCheckpoint(to), MERGE[0], /merge_lora_weights\.py .*--model-base llava-hf\/llava-1\.5-7b-hf/);
  });

  it('with whole weights beside it is refused: Python would load the adapter', async () => {
    const to = await copyCheckpoint(modelDir, folder.join('whole'));
    await writeJson(path.join(to, 'adapter_config.json'), ADAPTER);
    await refuses(openCheckpoint(to), /whole weights and an adapter of llava-hf\/llava-1\.5-7b-hf/, /move adapter_config\.json away/); // prettier-ignore
    await rm(path.join(to, 'adapter_config.json'));
    await openCheckpoint(to);
  });
});
