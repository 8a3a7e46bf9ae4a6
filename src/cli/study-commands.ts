/** `crossflow study …`, as commander sees it. Work is loaded only once the question is clear. */
import { Option, type Command } from 'commander';
import { device, memory, palette, threads, type Done } from './flags';
import type { PlotFlags } from './study-plot';
import type { StudyRunOptions } from './study-run';
import type { SlurmOptions } from './study-slurm';
import type { MergeOptions, StatusOptions } from './study-status';

const EXAMPLES = `
Examples:
  crossflow study run examples/all.study.json             everything, then tables, figures and report
  crossflow study run examples/all.study.json --task QueryAttr --model shapes-llava
  crossflow study run big.study.json --shard 1/2          one half of the questions, e.g. on one of two machines
  crossflow study slurm big.study.json --submit           on a cluster: a job array
  crossflow study status big.study.json                   how far it is
  crossflow study merge big.study.json                    one journal for each run; while it runs, too
  crossflow study plot big.study.json                     tables and figures of what is there`;

const oneMore = (name: string, before: readonly string[] = []): string[] => [...before, name];

const FILE = 'the study, NAME.study.json';

export function addStudyCommands(program: Command, done: Done): Command[] {
  const study = program
    .command('study')
    .description('many models on many tasks, on one machine or on a cluster')
    .addHelpText('after', EXAMPLES);

  const add = (name: string, description: string): Command =>
    study
      .command(name)
      .description(description)
      .argument('<file>', FILE)
      .option('--model <name>', 'only this model; repeat it for more', oneMore)
      .option('--task <name>', 'only this task; repeat it for more', oneMore)
      .option('--output <folder>', 'where results are, in place of the study\'s "output"');
  const json = () => new Option('--json', 'print one JSON document in place of the table');

  add('run', 'asks what no journal holds yet; without --shard also makes tables, figures and the report')
    .option('--shard <i/n>', 'only the i-th of n shares of the questions, shared out by picture')
    .option('--threads <number>', 'threads inside an operator (default: all physical cores)', threads)
    .option('--memory <size>', 'memory for one chunk of variants, e.g. 512M or 2G (default: 1G)', memory)
    .addOption(device())
    .option('--force', 'run even what does not fit in memory')
    .option('--yes', 'fetch Hugging Face models that are not on this disk without asking')
    .option('--no-plot', 'journals only: no merging, no tables, no figures')
    .addOption(json())
    .action(async (file: string, options: StudyRunOptions) =>
      done(await (await import('./study-run')).studyRun(file, options)),
    );
  add('status', 'how far each run is, who works on it, and the queue of the cluster')
    .addOption(json())
    .action(async (file: string, options: StatusOptions) =>
      done(await (await import('./study-status')).status(file, options)),
    );
  add('merge', "brings the shards' results together, one journal for each run; safe while they are written")
    .option('--tidy', "removes the shards' own files once they are merged; nobody may be working on them")
    .addOption(json())
    .action(async (file: string, options: MergeOptions) =>
      done(await (await import('./study-status')).merge(file, options)),
    );
  add('plot', 'merges, then writes the tables of each run and the figures of the study')
    .option('--tables-only', 'no figures')
    .addOption(palette())
    .addOption(json())
    .action(async (file: string, options: PlotFlags) => done(await (await import('./study-plot')).plot(file, options)));
  add('report', 'merges, then writes report.html and report.md')
    .addOption(palette())
    .addOption(json())
    .action(async (file: string, options: PlotFlags) =>
      done(await (await import('./study-plot')).report(file, options)),
    );
  add('slurm', 'writes the script of a Slurm job array for what is missing')
    .option('--shards <number>', 'tasks of the array, in place of the study\'s "slurm.shards"', Number)
    .option('--submit', 'submits it, too')
    .option('--memory <size>', 'memory for one chunk of variants, e.g. 512M or 2G (default: 1G)', memory)
    .addOption(device())
    .option('--force', 'tasks try runs that do not fit the memory of their node')
    .option('--yes', 'fetch Hugging Face models that are not on this disk without asking')
    .addOption(json())
    .action(async (file: string, options: SlurmOptions) =>
      done(await (await import('./study-slurm')).slurm(file, options)),
    );
  return [study, ...study.commands];
}
