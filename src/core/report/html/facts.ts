/** How a run was made, as pairs of what and value; both reports show them. */
import { arch, cpus, platform } from 'node:os';
import type { Settings } from '../../journal/identity';
import { CROSSFLOW_VERSION, RUNTIME_VERSION } from '../../journal/version';
import type { JournalHeader } from '../../journal/record';
import type { RunResults } from '../run';
import { count, moment, parameters, plural } from '../../words';

export type Fact = readonly [what: string, value: string];

export function runFacts({ header, model }: RunResults): Fact[] {
  const { identity, about } = header;
  const m = about.model;
  const known = m.parameters > 0;
  const sizes = `${m.family}, ${plural(m.layers, 'layer')}, ${plural(m.heads, 'head')}, ${count(m.hidden)} wide, ${m.dtype}, ${parameters(m.parameters)} parameters`;
  return [
    ['Model', known ? `${model} (${sizes})` : `${model} (${plural(m.layers, 'layer')})`],
    ...fact('Checkpoint', identity.checkpoint && `sha256 ${identity.checkpoint}`),
    [known ? 'Task file' : 'Read from', `${about.csv} (${plural(about.rows, known ? 'row' : 'question')})`],
    ...fact('', identity.csv && `sha256 ${identity.csv}`),
    ...(known ? settingFacts(identity.settings) : []),
    ['Knockouts', identity.settings.knockouts.map((id) => id.replace(/ w(\d+)/, ' (window $1)')).join('; ') || 'none'],
    ...fact('Computed on', computedOn(header)),
    ...fact('Begun', about.started && moment(about.started)),
    ...fact('Crossflow', identity.crossflow),
  ];
}

/** Of the run's first results, where others may stand beside them. */
function computedOn({ identity: { device }, about: { machine } }: JournalHeader): string {
  if (!machine) return device;
  const { platform, arch, cpu, cores, threads } = machine;
  const many = threads === undefined ? '' : `, ${plural(threads, 'thread')}`;
  return `${device}; ${platform} ${arch}, ${cpu}, ${plural(cores, 'core')}${many}`;
}

function settingFacts(settings: Settings): Fact[] {
  return [
    ['Prompt', settings.template ?? 'the checkpoint’s chat template'],
    ...fact('System message', settings.system === undefined ? '' : JSON.stringify(settings.system)),
    ['Instruction', JSON.stringify(settings.instruction)],
    ['Pictures', settings.aspect ?? 'as the checkpoint says'],
    ...fact('Pixels of a picture', settings.pixels ? `${settings.pixels[0]} to ${settings.pixels[1]}` : ''),
    ['Method', settings.method === 'fork' ? 'fork (only what a knockout changes)' : 'full passes'],
    ...fact('Sets', settings.sets === '[]' ? '' : settings.sets),
    ...fact('Words followed', settings.track.join(', ')),
    ...fact('Best words kept', settings.topWords > 0 ? `${settings.topWords} of each layer` : ''),
  ];
}

const fact = (what: string, value: string): Fact[] => (value ? [[what, value]] : []);

/** Of the machine and the program that write the report. */
export function machineFacts(now: Date): Fact[] {
  const processors = cpus();
  return [
    ['Written', moment(now.toISOString())],
    ['Versions', `Crossflow ${CROSSFLOW_VERSION}, ONNX Runtime ${RUNTIME_VERSION}, Node.js ${process.versions.node}`],
    [
      'Machine',
      `${platform()} ${arch()}, ${processors[0]?.model.trim() ?? 'unknown processor'}, ${plural(processors.length, 'core')}`,
    ],
  ];
}
