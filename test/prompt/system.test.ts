/** A system message goes through the checkpoint's own chat template; ids equal those of transformers' processors. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { openTokenizer } from '../../src/core/checkpoint/tokenizer';
import { Questions, type PreparedQuestion } from '../../src/core/engine/questions';
import { CrossflowError } from '../../src/core/errors';
import { DEFAULT_INSTRUCTION, type QuestionInput } from '../../src/core/experiment/types';
import { parseExperiment } from '../../src/core/experiment/parse';
import { openCheckpoint } from '../../src/core/families';
import { settingsChanges, settingsOf } from '../../src/core/journal/identity';
import { parseStudy } from '../../src/core/study/parse';
import { GOLDENS } from '../families/registry';
import { copyCheckpoint } from '../support/checkpoints';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

/** test/golden/tools/system_prompts.py */
const python = JSON.parse(readFileSync(path.join(repositoryRoot, 'test/prompt/fixtures/system.json'), 'utf8')) as {
  readonly system: string;
  readonly text: string;
  readonly folders: Readonly<Record<string, { readonly prompt: string; readonly ids: readonly number[] }>>;
};
const families = path.join(repositoryRoot, 'test/golden/families');

async function prepare(folder: string, more: Partial<QuestionInput>, image = folder): Promise<PreparedQuestion> {
  const spec = await openCheckpoint(folder);
  const questions = new Questions(spec, await openTokenizer(spec));
  const question = python.text.slice(0, -DEFAULT_INSTRUCTION.length);
  const base = { image: path.join(image, 'image0.png'), instruction: DEFAULT_INSTRUCTION, question, sets: {} };
  return questions.prepare({ ...base, ...more });
}
const refused = (of: RegExp) => (e: unknown) => e instanceof CrossflowError && e.kind === 'usage' && of.test(e.line);

describe('a system message', () => {
  const folder = temporaryFolder();
  const { system } = python;

  for (const name of Object.values(GOLDENS)
    .flat()
    .filter((n) => n in python.folders)) {
    it(`${name}: prompt and ids are the processor's own, and System has the message`, async () => {
      const { info } = await prepare(path.join(families, name), { system });
      const { prompt, ids } = python.folders[name];
      assert.equal(info.prompt, prompt);
      assert.deepEqual(info.tokens.map((t) => t.id), ids); // prettier-ignore
      const without = await prepare(path.join(families, name), {});
      assert.ok(info.sets['System'].length > without.info.sets['System'].length);
      const text = info.sets['System'].map((row) => info.tokens[row].text).join('');
      assert.match(text.replaceAll(/[^a-z]/gi, ''), /Youseeonepicture/);
      // all that the template adds has a name
      const named = ['System', 'Image', 'Image Marker', 'Question', 'Instruction', 'Last'].flatMap((s) => info.sets[s] ?? []);
      const between = info.sets['Text'].filter((row) => row < info.sets['Question'][0]);
      assert.deepEqual([...new Set([...named, ...between])].sort((a, b) => a - b), info.tokens.map((_, i) => i));
    }); // prettier-ignore
  }

  it('is refused by name where the template has no system turn, and with a prompt by name', async () => {
    const to = await copyCheckpoint(path.join(families, 'smolvlm'), folder.join('without'));
    const from = path.join(families, 'smolvlm');
    const own = '{% for m in messages %}{% if m.role == "user" %}User:<image>{{ m.content[1].text }}{% endif %}{% endfor %}';
    await rm(path.join(to, 'chat_template.json'), { force: true });
    await writeFile(path.join(to, 'chat_template.jinja'), own);
    await prepare(to, {}, from);
    await assert.rejects(prepare(to, { system }, from), refused(/chat template has no system turn before the image \(remove "system"\)/));
    const raising = `{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}${own}`;
    await writeFile(path.join(to, 'chat_template.jinja'), raising);
    await prepare(to, {}, from);
    await assert.rejects(prepare(to, { system }, from), refused(/no system turn before the image: .*System role not supported/));
    await assert.rejects(prepare(to, { system, template: 'vicuna_v1' }, from), refused(/prompt "vicuna_v1" is fixed text without a system turn/));
  }); // prettier-ignore

  it('is refused when it is empty or holds the image token', async () => {
    const at = path.join(families, 'smolvlm');
    await assert.rejects(prepare(at, { system: ' ' }), refused(/the system message is empty/));
    await assert.rejects(prepare(at, { system: 'a <image> b' }), refused(/the system message contains <image>/));
  });

  const base = { model: './m', image: 'i.png', question: 'What?', knockouts: ['Image->Last'] };
  const problemsOf = (json: object) => parseExperiment(JSON.stringify(json), path.join(families, 'x.flow.json'));

  it('is read from an experiment; beside "prompt" it is a problem at its key', () => {
    const { experiment } = problemsOf({ ...base, system: 'Be brief.' });
    assert.ok(experiment?.subject.kind === 'question');
    assert.deepEqual([experiment.system, experiment.subject.system], ['Be brief.', 'Be brief.']);
    const { problems } = problemsOf({ ...base, system: 'Be brief.', prompt: 'vicuna_v1' });
    assert.deepEqual(problems.map((p) => [p.code, p.message]), [['conflict', '"system" cannot stand beside "prompt"']]); // prettier-ignore
  });

  it('is part of what a journal was computed with', () => {
    const [plain, asked] = [base, { ...base, system: 'Be brief.' }].map((json) => settingsOf(problemsOf(json).experiment!));
    assert.deepEqual(settingsChanges(plain, asked), ['"system"']);
    assert.deepEqual(settingsChanges(plain, plain), []);
  }); // prettier-ignore

  it('is a study’s for models that give none', () => {
    const study = { models: ['./a', { model: './b', system: 'Mine.' }], tasks: ['t_ChooseAttr.csv'], images: '.', output: 'out' };
    const parse = (more: object) => parseStudy(JSON.stringify({ ...study, ...more }), path.join(families, 'x.study.json'));
    assert.deepEqual(parse({ system: 'All.' }).study?.runs.map((run) => run.experiment.system), ['All.', 'Mine.']);
    const { problems } = parse({ prompt: 'vicuna_v1' });
    assert.deepEqual(problems.map((p) => p.message), ['"system" cannot stand beside "prompt"']);
  }); // prettier-ignore
});
