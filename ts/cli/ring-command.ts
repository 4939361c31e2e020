/** `hypercache ring …`: the commands on a ring. */

import type { Command } from 'commander'

import { type AnalyzeOptions, analyze } from './analyze.js'
import { type DiffOptions, diff } from './diff.js'
import { type ExplainOptions, explain } from './explain.js'
import { checkKeySource, hasKeys } from './key-source.js'
import {
  withChangeOptions,
  withExamples,
  withJsonOption,
  withKeysOption,
  withReplicasOption,
  withRingOptions,
} from './options.js'
import type { Output } from './output.js'
import { type OwnershipOptions, ownership } from './ownership.js'
import { type PlanCommandOptions, plan } from './plan.js'
import { type RingSourceOptions, openRing } from './ring-source.js'
import { type RouteOptions, route } from './route.js'

interface KeysOption {
  keys?: string
}

const RING_FILE_HELP = `
A ring file is YAML or JSON; all but the nodes may be left out:
  virtual_node_count: 256
  hash_function: xxhash64
  nodes:
    - id: node1
    - { id: node2, weight: 2, zone: east, status: alive }`

/** Adds `ring` and what is below it. */
export function addRingCommand(program: Command, output: Output): void {
  const ring = program.command('ring').description('Work out where keys belong on a ring').helpCommand(false)
  addRoute(ring, output)
  addAnalyze(ring, output)
  addExplain(ring, output)
  addOwnership(ring, output)
  addPlan(ring, output)
  addDiff(ring, output)
  ring.addHelpText('after', RING_FILE_HELP)
  withExamples(ring, [
    'hypercache ring route --nodes node1,node2,node3 user:42',
    'hypercache ring analyze --ring ring.yaml --keys keys.txt',
    'hypercache ring explain --ring ring.yaml user:42',
    'hypercache ring plan --ring ring.yaml --add node3',
  ])
}

function addRoute(ring: Command, output: Output): void {
  const command = ring
    .command('route [key...]')
    .description('Print the node that answers for each key: the key, a tab, the node')
    .action(async (keys: string[], options: RingSourceOptions & KeysOption & RouteOptions) => {
      const source = { keys, file: options.keys }
      checkKeySource(source)
      await route(openRing(options), source, options, output)
    })
  withRingOptions(command)
  withKeysOption(command)
  withReplicasOption(command, 'print this many nodes for each key, the owner first, separated by commas')
  withJsonOption(command, 'print an object on each line; what is not UTF-8 in a key becomes U+FFFD')
  withExamples(command, [
    'hypercache ring route --nodes node1,node2,node3 user:42 user:43',
    'hypercache ring route --ring ring.yaml --replicas 2 --keys keys.txt',
    'sort keys.txt | hypercache ring route --ring ring.yaml --keys - --json',
    'hypercache ring route --nodes node1,node2 -- --a-key-with-dashes',
  ])
}

function addAnalyze(ring: Command, output: Output): void {
  const command = ring
    .command('analyze [key...]')
    .description('Count keys by node, with the figures that tell how even it is')
    .action(async (keys: string[], options: RingSourceOptions & KeysOption & AnalyzeOptions) => {
      const source = { keys, file: options.keys }
      checkKeySource(source)
      await analyze(openRing(options), source, options, output)
    })
  withRingOptions(command)
  withKeysOption(command)
  withJsonOption(command, 'print one object; shares are from 0 to 1')
  withExamples(command, [
    'hypercache ring analyze --nodes node1,node2,node3 --keys keys.txt',
    'hypercache ring analyze --nodes a,b,c --virtual-nodes 1024 --keys keys.txt',
    'sort keys.txt | hypercache ring analyze --ring ring.yaml --keys - --json',
  ])
}

function addExplain(ring: Command, output: Output): void {
  const command = ring
    .command('explain <key>')
    .description('Tell why a key is where it is: its token, the point that decides, the nodes passed over')
    .action(async (key: string, options: RingSourceOptions & ExplainOptions) => {
      await explain(openRing(options), key, options, output)
    })
  withRingOptions(command)
  withReplicasOption(command, "find this many nodes (default: the ring's replication factor)")
  withJsonOption(command, 'print one object; tokens are texts of decimal digits')
  withExamples(command, [
    'hypercache ring explain --nodes node1,node2,node3 user:42',
    'hypercache ring explain --ring ring.yaml --replicas 2 user:42',
    'hypercache ring explain --ring ring.yaml --json user:42',
  ])
}

function addOwnership(ring: Command, output: Output): void {
  const command = ring
    .command('ownership')
    .description('Show the share of all keys that each node has, and how even that is')
    .action(async (options: RingSourceOptions & OwnershipOptions) => {
      await ownership(openRing(options), options, output)
    })
  withRingOptions(command)
  withJsonOption(command, 'print one object; arcs are texts of decimal digits')
  withExamples(command, [
    'hypercache ring ownership --nodes node1,node2,node3',
    'hypercache ring ownership --nodes a,b,c --virtual-nodes 1024',
    'hypercache ring ownership --ring ring.yaml --json',
  ])
}

const CHANGE_HELP = `
Lists are separated by commas, and each of the flags for a change may be given
again. The last = splits. With --add, what follows it is a weight if it begins
like a number, and a part of the id if not. Nothing is changed anywhere.`

function addPlan(ring: Command, output: Output): void {
  const command = ring
    .command('plan [key...]')
    .description('Show which keys a change of the nodes would move, before it is made')
    .action(async (keys: string[], options: RingSourceOptions & KeysOption & PlanCommandOptions) => {
      const source = { keys, file: options.keys }
      hasKeys(source)
      await plan(openRing(options), source, options, output)
    })
  withRingOptions(command)
  withChangeOptions(command)
  withKeysOption(command)
  withReplicasOption(command, 'work out what must be copied, so that this many nodes have each key')
  withJsonOption(command, 'print one object; arcs and tokens are texts of decimal digits')
  command.addHelpText('after', CHANGE_HELP)
  withExamples(command, [
    'hypercache ring plan --nodes node1,node2,node3 --add node4',
    'hypercache ring plan --nodes a,b --add c=2,d --remove a',
    'hypercache ring plan --ring ring.yaml --status node2=dead --replicas 2',
    'hypercache ring plan --ring ring.yaml --weight node2=4 --keys keys.txt',
  ])
}

function addDiff(ring: Command, output: Output): void {
  const command = ring
    .command('diff <before> <after>')
    .description('Show which keys move from the ring of one file to the ring of another')
    .action(async (before: string, after: string, options: DiffOptions) => {
      await diff(before, after, options, output)
    })
  withKeysOption(command)
  withReplicasOption(command, 'work out what must be copied, so that this many nodes have each key')
  withJsonOption(command, 'print one object; arcs and tokens are texts of decimal digits')
  withExamples(command, [
    'hypercache ring diff ring.yaml next.yaml',
    'hypercache ring diff ring.yaml next.yaml --keys keys.txt',
    'hypercache ring diff ring.yaml next.yaml --replicas 2 --json',
  ])
}
