/** `hypercache keygen`: a key for the members of a cluster. */

import { randomBytes } from 'node:crypto'

import type { Command } from 'commander'

import { withExamples } from './options.js'
import type { Output } from './output.js'

/** Bytes of a key of XChaCha20-Poly1305. */
const KEY_BYTES = 32

const HELP = `
The key is 32 random bytes in base64, and nothing else is printed. It goes into
cluster.encryption_keys of every node: best as the environment variable
HYPERCACHE_CLUSTER_ENCRYPTION_KEYS. Whoever has it can join the cluster.`

/** Adds `keygen`. */
export function addKeygenCommand(program: Command, output: Output): void {
  const command = program
    .command('keygen')
    .description('Print a new key that encrypts what the nodes of a cluster tell each other')
    .action(async () => {
      output.appendText(`${randomBytes(KEY_BYTES).toString('base64')}\n`)
      await output.flush()
    })
  command.addHelpText('after', HELP)
  withExamples(command, [
    'hypercache keygen',
    '(umask 077 && hypercache keygen > cluster.key && wc -c cluster.key)',
    'echo "HYPERCACHE_CLUSTER_ENCRYPTION_KEYS=$(hypercache keygen)"',
  ])
}
