/** `hypercache config …`: configurations, before a node runs with them. */

import type { Command } from 'commander'

import { configSchema } from '../config/json-schema.js'
import { resolveClusterConfig } from '../config/load-config.js'
import { shownTree, shownValues } from '../config/shown-config.js'
import { asJson } from '../json.js'
import { exampleConfig } from './config-example.js'
import {
  type ConfigOptions,
  type OverrideOptions,
  configOf,
  overridesOf,
  problemLines,
  withConfigOptions,
  withOverrideOptions,
} from './config-source.js'
import { oneLine, usageError } from './failure.js'
import { withExamples, withJsonOption } from './options.js'
import { say } from './outlet.js'
import type { Output } from './output.js'
import { columns, named } from './text.js'

type ShowOptions = ConfigOptions & { json?: boolean }

/** Adds `config` and what is below it. */
export function addConfigCommand(program: Command, output: Output): void {
  const config = program
    .command('config')
    .description('Check, show and begin the configuration of a node')
    .helpCommand(false)
  addCheck(config, output)
  addShow(config, output)
  addSchema(config, output)
  addInit(config, output)
  withExamples(config, [
    'hypercache config init > node1.yaml && hypercache config check node1.yaml',
    'hypercache config show --config hypercache.yaml',
    'hypercache config schema',
  ])
}

function addCheck(config: Command, output: Output): void {
  const command = config
    .command('check [file]')
    .description('Find everything that is wrong with a configuration; exit code 2 if anything is')
    .action(async (file: string | undefined, options: OverrideOptions) => check(file, options, output))
  withOverrideOptions(command)
  withExamples(command, [
    'hypercache config check hypercache.yaml',
    'hypercache config check hypercache.yaml --set cluster.weight=2',
    'HYPERCACHE_HTTP_PORT=8081 hypercache config check',
  ])
}

function addShow(config: Command, output: Output): void {
  const command = config
    .command('show [file]')
    .description('Print every value that counts, and where it came from; secrets are hidden')
    .action(async (file: string | undefined, options: ShowOptions) => show(file, options, output))
  withConfigOptions(command)
  withJsonOption(command, 'print one object: config, origins, warnings')
  withExamples(command, [
    'hypercache config show --config hypercache.yaml',
    'hypercache config show --http-port 8081 --set cluster.preset=local',
    'HYPERCACHE_CLUSTER_NODE_ID=node2 hypercache config show --json',
  ])
}

function addSchema(config: Command, output: Output): void {
  const command = config
    .command('schema')
    .description('Print the JSON Schema of a configuration file, for editors')
    .action(() => print(asJson(configSchema()), output))
  withExamples(command, [
    'hypercache config schema',
    'hypercache config schema > schema.json && wc -c schema.json',
    'hypercache config schema | head -n 3',
  ])
}

function addInit(config: Command, output: Output): void {
  const command = config
    .command('init')
    .description('Print a configuration file to begin with: every field, explained, with its default')
    .action(() => print(exampleConfig(), output))
  withExamples(command, [
    'hypercache config init',
    'hypercache config init > node2.yaml && hypercache config check node2.yaml',
    'hypercache config init | grep node_id',
  ])
}

async function check(file: string | undefined, options: OverrideOptions, output: Output): Promise<void> {
  const overrides = overridesOf(options)
  const name = file ?? 'the defaults, with what overrides them'
  let warnings: readonly string[]
  try {
    warnings = resolveClusterConfig(file === undefined ? undefined : { path: file }, { overrides }).warnings
  } catch (error) {
    const lines = problemLines(error, file)
    say(lines.map((line) => `${oneLine(line)}\n`).join(''))
    throw usageError(`${name}: ${lines.length === 1 ? '1 problem' : `${lines.length} problems`}`, error)
  }
  warn(warnings)
  await print(`${oneLine(name)}: no problems\n`, output)
}

async function show(argument: string | undefined, options: ShowOptions, output: Output): Promise<void> {
  if (argument !== undefined && options.config !== undefined)
    throw usageError('the file is given twice: as an argument, and by --config')
  const source = argument ?? options.config
  const { config, origins, warnings } = configOf(
    source === undefined ? options : { ...options, config: source },
  )
  if (options.json === true) {
    await print(asJson({ config: shownTree(config), origins, warnings }), output)
    return
  }
  warn(warnings)
  const rows = [...shownValues(config)].map(([path, value]) => {
    const origin = origins[path]!
    const file = oneLine(source ?? '')
    return [path, shownText(value), origin.replace(/^file\b/, () => file)]
  })
  await print(
    `${columns([['field', 'value', 'from'], ...rows], ['left', 'left', 'left']).join('\n')}\n`,
    output,
  )
}

function shownText(value: unknown): string {
  if (typeof value === 'string') return named(value)
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

function warn(warnings: readonly string[]): void {
  say(warnings.map((warning) => `hypercache: warning: ${oneLine(warning)}\n`).join(''))
}

async function print(text: string, output: Output): Promise<void> {
  output.appendText(text)
  await output.flush()
}
