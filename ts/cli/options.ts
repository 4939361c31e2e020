/** Options of the commands, and how their values are read. */

import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'

import { addedNodes, nodesInStatus, removedNodes, weightedNodes } from './change.js'

const VIRTUAL_NODES_MAX = 65_536
const REPLICAS_MAX = 65_535

/** Adds the options that say which ring. */
export function withRingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-n, --nodes <ids>', 'ids of the nodes, separated by commas')
        .argParser(ids)
        .conflicts('ring'),
    )
    .addOption(new Option('-r, --ring <file>', 'YAML or JSON file that describes the ring').argParser(once))
    .addOption(
      new Option('--virtual-nodes <count>', 'virtual nodes of each of --nodes (default: 256)')
        .argParser((value: string, previous?: number) => wholeNumber(value, previous, VIRTUAL_NODES_MAX))
        .conflicts('ring'),
    )
    .addOption(
      new Option('--hash <name>', 'hash function for --nodes (default: xxhash64)')
        .choices(['xxhash64', 'sha256'])
        .conflicts('ring'),
    )
}

/** Adds the options that say what changes; each may be given again. */
export function withChangeOptions(command: Command): Command {
  return command
    .addOption(new Option('--add <nodes>', 'nodes that come: id or id=weight').argParser(addedNodes))
    .addOption(new Option('--remove <ids>', 'nodes that go').argParser(removedNodes))
    .addOption(new Option('--weight <id=weight>', 'new weights: id=weight').argParser(weightedNodes))
    .addOption(new Option('--status <id=status>', 'new statuses: id=status').argParser(nodesInStatus))
}

/** Adds the option for a file of keys. */
export function withKeysOption(command: Command): Command {
  const text = 'file of keys, one per line, as raw bytes; - is standard input'
  return command.addOption(new Option('-k, --keys <file>', text).argParser(once))
}

/** Adds the option for a number of replicas. */
export function withReplicasOption(command: Command, text: string): Command {
  const parser = (value: string, previous?: number) => wholeNumber(value, previous, REPLICAS_MAX)
  return command.addOption(new Option('-c, --replicas <count>', text).argParser(parser))
}

/** Adds the option for JSON. */
export function withJsonOption(command: Command, text: string): Command {
  return command.option('-j, --json', text)
}

/** Adds examples below a command's help. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', ['', 'Examples:', ...lines.map((line) => `  $ ${line}`)].join('\n'))
}

function ids(value: string, previous?: string[]): string[] {
  return [...(previous ?? []), ...value.split(',')]
}

/** Takes a value that may be given once, and is not empty. */
export function once(value: string, previous?: string): string {
  if (previous !== undefined) throw new InvalidArgumentError('It is given twice.')
  if (value === '') throw new InvalidArgumentError('It is empty.')
  return value
}

/** Reads a whole number. @throws InvalidArgumentError. */
export function wholeNumber(value: string, previous: number | undefined, max: number, min = 1): number {
  if (previous !== undefined) throw new InvalidArgumentError('It is given twice.')
  const number = /^\d{1,16}$/.test(value) ? Number(value) : NaN
  if (number >= min && number <= max) return number
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max.toLocaleString('en-US')}.`)
}
