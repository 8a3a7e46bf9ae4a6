/** What `crossflow` can be asked, as commander sees it. Work is loaded only once the question is clear. */
import { Command, Option } from 'commander';
import type { CheckOptions } from './check';
import type { FetchOptions } from './fetch';
import { device, layers, memory, palette, threads, type Done } from './flags';
import type { ImportOptions } from './import';
import type { InspectOptions } from './inspect';
import type { PlotFlags } from './plot';
import type { RunOptions } from './run';
import { addStudyCommands } from './study-commands';

const EXAMPLES = `
Examples:
  crossflow run examples/star.flow.json           one question: a table
  crossflow run examples/star.flow.json --json    the same, for programs
  crossflow run examples/dataset.flow.json        a data set: tables and figures
  crossflow plot old/output mine=results/run --output compared
                                                  published results beside one's own
  crossflow inspect models/shapes-llava           what a checkpoint is and needs
  crossflow inspect examples/dataset.flow.json    what a run will need: memory, time
  crossflow check models/shapes-llava             fast way against plain way
  crossflow fetch llava-hf/llava-1.5-7b-hf        a model of the Hugging Face hub

Results go to standard output, everything else to standard error.
Exit codes: 0 done, 1 failed, 2 wrong usage or config, 130 interrupted.`;

export function makeProgram(version: string, done: Done): Command {
  const program = new Command('crossflow')
    .description('Shows how information flows from an image to the answer of a multimodal language model.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });

  program
    .command('run')
    .description('run an experiment: one question, or a data set')
    .argument('<file>', 'the experiment, NAME.flow.json')
    .option('--json', 'print one JSON document in place of the table')
    .addOption(
      new Option('--method <method>', 'fork: computes only what changes; full: whole passes (slow)').choices([
        'fork',
        'full',
      ]),
    )
    .option('--output <folder>', 'where results go; for one question also writes NAME.result.json there')
    .option('--threads <number>', 'threads inside an operator (default: all physical cores)', threads)
    .option('--memory <size>', 'memory for one chunk of variants, e.g. 512M or 2G (default: 1G)', memory)
    .addOption(device())
    .option('--force', 'run even if it does not fit in memory')
    .option('--yes', 'download a Hugging Face model without asking, if it is not on this disk')
    .action(async (file: string, options: RunOptions) => done(await (await import('./run')).run(file, options)));

  program
    .command('inspect')
    .description('describes a checkpoint, and estimates the memory and time that a run needs')
    .argument('<target>', 'a checkpoint folder, a Hugging Face id, NAME.flow.json or NAME.study.json')
    .option('--json', 'print one JSON document in place of the table')
    .option('--no-measure', 'do not run any layers to estimate times')
    .option('--threads <number>', 'threads inside an operator (default: all physical cores)', threads)
    .option('--memory <size>', 'memory for one chunk of variants, e.g. 512M or 2G (default: 1G)', memory)
    .addOption(device())
    .option('--yes', 'download a Hugging Face model without asking, if it is not on this disk')
    .action(async (target: string, options: InspectOptions) =>
      done(await (await import('./inspect')).inspect(target, options)),
    );

  program
    .command('check')
    .description('runs knockouts both ways, forked and full, and reports the largest difference')
    .argument('<model>', 'a checkpoint folder, or a Hugging Face id')
    .option('--experiment <file>', 'check the knockouts of this experiment (default: a generated picture and question)')
    .option('--json', 'print one JSON document in place of the table')
    .option('--threads <number>', 'threads inside an operator (default: all physical cores)', threads)
    .option('--memory <size>', 'memory for one chunk of variants, e.g. 512M or 2G (default: 1G)', memory)
    .addOption(device())
    .option('--force', 'run even if it does not fit in memory')
    .option('--yes', 'download a Hugging Face model without asking, if it is not on this disk')
    .action(async (model: string, options: CheckOptions) =>
      done(await (await import('./check')).check(model, options)),
    );

  program
    .command('import')
    .description('copies a checkpoint with fewer bits per weight, and reports what that costs')
    .argument('<model>', 'a checkpoint folder, or a Hugging Face id')
    .addOption(
      new Option('--quantize <kind>', 'int8: nearly exact; int4: a third of the memory')
        .choices(['int8', 'int4'])
        .makeOptionMandatory(),
    )
    .option('--output <folder>', 'the new checkpoint folder (default: MODEL-int4 or MODEL-int8 beside the model)')
    .option('--experiment <file>', 'compare the curves of this experiment (default: a generated picture and question)')
    .option('--no-compare', 'do not run both models to compare them')
    .option('--calibrate <file>', "choose the rounding that changes this experiment's questions least")
    .option('--json', 'print one JSON document in place of the tables')
    .option('--threads <number>', 'threads inside an operator (default: all physical cores)', threads)
    .option('--memory <size>', 'memory for one chunk of variants, e.g. 512M or 2G (default: 1G)', memory)
    .option('--yes', 'download a Hugging Face model without asking, if it is not on this disk')
    .action(async (model: string, options: ImportOptions) =>
      done(await (await import('./import')).importModel(model, options)),
    );

  program
    .command('fetch')
    .description('downloads a Hugging Face model into the local cache; resumes an interrupted download')
    .argument('<id>', 'owner/name, or owner/name@revision')
    .option('--revision <revision>', 'a branch, a tag or a commit (default: main)')
    .option('--dry-run', 'only list what would be fetched')
    .option('--json', 'print one JSON document in place of the folder')
    .action(async (id: string, options: FetchOptions) => done(await (await import('./fetch')).fetchModel(id, options)));

  program
    .command('plot')
    .description(
      'draws figures and writes a report of existing results: data set runs, or tables of the published scripts',
    )
    .argument('<results...>', 'folders or CSV files; NAME=PATH gives the model a name')
    .requiredOption('--output <folder>', 'where figures and report go')
    .option('--window <layers>', 'layers per window, if the names do not say (default: 9)', layers)
    .addOption(palette())
    .option('--json', 'print one JSON document in place of the list')
    .action(async (paths: string[], options: PlotFlags) => done(await (await import('./plot')).plot(paths, options)));

  const studies = addStudyCommands(program, done);

  for (const command of [...program.commands, ...studies])
    command.exitOverride().configureOutput({ outputError: () => undefined });
  return program;
}
