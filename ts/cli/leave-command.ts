/** `hypercache leave`: has a node that runs leave its cluster. */

import type { Command } from 'commander'

import { CliFailure, EXIT_FAILED, oneLine } from './failure.js'
import { type NodeOptions, TOKEN_VARIABLE, nodeOf, withNodeOptions } from './node-options.js'
import { withExamples } from './options.js'
import { say } from './outlet.js'
import type { Output } from './output.js'
import { named } from './text.js'

const HELP = `
The node is not ready at once, lets requests finish, tells the others that it
leaves on purpose, and ends with exit code 0, as after SIGTERM. The command waits
until it has left. Only nodes that "hypercache serve" runs can be asked to.`

/** Adds `leave`. */
export function addLeaveCommand(program: Command, output: Output): void {
  const command = withNodeOptions(program.command('leave'))
    .description('Have a node that runs leave its cluster, and wait until it has')
    .action(async (options: NodeOptions) => leave(options, output))
  command.addHelpText('after', HELP)
  withExamples(command, [
    'hypercache leave',
    'hypercache leave --url http://10.0.0.5:8080',
    `${TOKEN_VARIABLE}=$(cat token) hypercache leave`,
  ])
}

async function leave(options: NodeOptions, output: Output): Promise<void> {
  const client = nodeOf(options)
  const { localNodeId } = await client.members()
  const node = named(localNodeId)
  let isHeeded = false
  const onHeeded = () => {
    isHeeded = true
    say(`hypercache: ${node} lets requests finish, and leaves\n`)
  }
  const { hasLeft } = await client.leave(localNodeId, onHeeded).catch((error: unknown) => {
    if (!isHeeded) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliFailure(EXIT_FAILED, `${node} has ended without a word of its leave: ${oneLine(reason)}`)
  })
  if (!hasLeft)
    throw new CliFailure(EXIT_FAILED, `${node} has stopped, but could not tell the others in time`)
  output.appendText(`${node} has left\n`)
  await output.flush()
}
