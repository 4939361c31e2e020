/** `hypercache serve`. */

import type { Command } from 'commander'

import { type ConfigOptions, withConfigOptions } from './config-source.js'
import { withExamples } from './options.js'
import { serve } from './serve.js'

const HELP = `
It serves its page, probes, metrics and JSON on http://127.0.0.1:8080 unless the
configuration says otherwise. SIGTERM or SIGINT: it is not ready at once, lets
requests finish, and stops; a second one ends it at once. The log is on standard
output: JSON, or readable lines on a terminal.`

/** Adds `serve`. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('Run a node until it is told to stop')
    .action(async (options: ConfigOptions) => serve(options))
  withConfigOptions(command)
  command.addHelpText('after', HELP)
  withExamples(command, [
    'hypercache serve',
    'hypercache serve --config hypercache.yaml',
    'HYPERCACHE_CLUSTER_ZONE=east hypercache serve --node-id node2 --http-port 8081',
  ])
}
