/** The whole command line: commands, help, and how mistakes in it are told. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Command, CommanderError } from 'commander'

import { addConfigCommand } from './config-command.js'
import { addEventsCommand } from './events-command.js'
import { usageError } from './failure.js'
import { addKeygenCommand } from './keygen-command.js'
import { addLeaveCommand } from './leave-command.js'
import { addMembersCommand } from './members-command.js'
import { withExamples } from './options.js'
import type { Output } from './output.js'
import { addRingCommand } from './ring-command.js'
import { addServeCommand } from './serve-command.js'

/** Runs a command line, without the name of the program. @throws CliFailure, OutputClosed. */
export async function runCommandLine(args: readonly string[], output: Output): Promise<void> {
  const program = makeProgram(output)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw usageError(complaint(error), error)
    await output.flush()
  }
}

function makeProgram(output: Output): Command {
  const program = new Command('hypercache')
    .description('Which node owns a key: a consistent-hash ring, and a node to run')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.appendText(text),
      // The line about a mistake is written once, in the end.
      writeErr: () => undefined,
    })
  addConfigCommand(program, output)
  addServeCommand(program)
  addEventsCommand(program, output)
  addMembersCommand(program, output)
  addLeaveCommand(program, output)
  addRingCommand(program, output)
  addKeygenCommand(program, output)
  withExamples(program, [
    'hypercache ring route --nodes node1,node2,node3 user:42',
    'hypercache ring analyze --ring ring.yaml --keys keys.txt',
    'hypercache ring plan --nodes node1,node2,node3 --add node4',
    'hypercache ring --help',
  ])
  return program
}

/** How a file is given to commands that take none as an argument, by their names. */
const FILE_ADVICE: ReadonlyMap<string, string> = new Map([
  ['serve', '--config FILE'],
  ['init', '> FILE'],
  ['schema', '> FILE'],
  ['keygen', '> FILE'],
])

/** What is wrong with the command line, on one line. */
function complaint({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing; --help lists them'
  const line = message.replace(/^error: /, '').replaceAll('\n', ' ')
  const name =
    code === 'commander.excessArguments' ? /^too many arguments for '(\w+)'/.exec(line)?.[1] : undefined
  const advice = name === undefined ? undefined : FILE_ADVICE.get(name)
  return advice === undefined ? line : `${line.replace(/\.$/, '')}; write ${advice}`
}

function packageVersion(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
