/** The configuration that a command works with: a file, the environment, flags. */

import type { Command } from 'commander'
import { Option } from 'commander'

import { resolveClusterConfig } from '../config/load-config.js'
import { problemLine } from '../config/problems.js'
import type { ResolvedClusterConfig } from '../config/resolved-config.js'
import { HyperCacheError } from '../errors.js'
import { usageError } from './failure.js'
import { once } from './options.js'

/** What the options that `withOverrideOptions` adds were given. */
export interface OverrideOptions {
  set?: string[]
  nodeId?: string
  httpPort?: string
  logLevel?: string
}

/** What the options that `withConfigOptions` adds were given. */
export interface ConfigOptions extends OverrideOptions {
  config?: string
}

/** Problems that the one line of a failure names. */
const NAMED_MAX = 3

/** Adds the options that say which configuration. */
export function withConfigOptions(command: Command): Command {
  const text = 'YAML or JSON file; without one there are the defaults'
  return withOverrideOptions(command.addOption(new Option('-f, --config <file>', text).argParser(once)))
}

/** Adds the options that override fields. */
export function withOverrideOptions(command: Command): Command {
  const collected = (value: string, previous: string[] = []) => [...previous, value]
  return command
    .addOption(
      // Not parsed here: a complaint would show the value, which may be the token.
      new Option('-s, --set <path=value>', 'override a field: http.port=8081').argParser(collected),
    )
    .addOption(new Option('--node-id <id>', 'override cluster.node_id').argParser(once))
    .addOption(new Option('--http-port <port>', 'override http.port').argParser(once))
    .addOption(new Option('--log-level <level>', 'override logging.level').argParser(once))
}

/**
 * The configuration that the options ask for: the file, the environment over it, the flags over both.
 *
 * @throws CliFailure with exit code 2, whose one line names the first problems.
 */
export function configOf(options: ConfigOptions): ResolvedClusterConfig {
  const overrides = overridesOf(options)
  try {
    return resolveClusterConfig(options.config === undefined ? undefined : { path: options.config }, {
      overrides,
    })
  } catch (error) {
    const lines = problemLines(error, options.config)
    const more = lines.length > NAMED_MAX ? `; and ${lines.length - NAMED_MAX} more` : ''
    const count = lines.length === 1 ? '' : ` (${lines.length} problems)`
    throw usageError(
      `the configuration cannot be used${count}: ${lines.slice(0, NAMED_MAX).join('; ')}${more}`,
      error,
    )
  }
}

/** The problems of a refused configuration, a line each. @throws the error, if it is another one. */
export function problemLines(error: unknown, file: string | undefined): string[] {
  if (error instanceof HyperCacheError && error.problems !== undefined)
    return error.problems.map((problem) => problemLine(problem, file))
  throw error
}

/** What the flags set, by the paths of fields. @throws CliFailure. */
export function overridesOf({
  set = [],
  nodeId,
  httpPort,
  logLevel,
}: OverrideOptions): Record<string, string> {
  const short = { 'cluster.node_id': nodeId, 'http.port': httpPort, 'logging.level': logLevel }
  const pairs = set.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw usageError('--set must have the form path=value, as in http.port=8081')
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  for (const [path, value] of Object.entries(short)) if (value !== undefined) pairs.push([path, value])
  const overrides = new Map<string, string>()
  for (const [path, value] of pairs) {
    if (overrides.has(path)) throw usageError(`${path} is set twice`)
    overrides.set(path, value)
  }
  return Object.fromEntries(overrides)
}
