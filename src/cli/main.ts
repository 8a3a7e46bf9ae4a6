#!/usr/bin/env node
/** The command line: parses arguments, calls the rest, turns what happened into an exit code. */
import '../core/privacy/no-telemetry';
import { CommanderError } from 'commander';
import { version } from '../../package.json';
import { makeProgram } from './commands';
import { reportError, reportLine } from './report';
import { flush, watchOutput } from './streams';

const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = makeProgram(version, (done) => (code = done));
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT_USAGE;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (e) {
    if (!(e instanceof CommanderError)) return reportError(e);
    // --help and --version end here too, already printed.
    if (e.exitCode === 0) return 0;
    // A command of commands alone: its help stands on standard error already.
    if (e.code === 'commander.help') return EXIT_USAGE;
    reportLine(e.message.replace(/^error: /, '').replace(/\n\(([^)]*)\)$/, ' ($1)'));
    return EXIT_USAGE;
  }
}

watchOutput();
void main(process.argv.slice(2)).then(async (code) => {
  await flush();
  // Native libraries may keep threads alive; the work is done.
  process.exit(code);
});
