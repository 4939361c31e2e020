/** Options that say which running node is asked. */

import type { Command } from 'commander'
import { Option } from 'commander'

import { NodeClient } from './node-client.js'
import { once } from './options.js'

const URL_DEFAULT = 'http://127.0.0.1:8080'
/** Where the token is looked for: an option is seen by other users of the machine. */
export const TOKEN_VARIABLE = 'HYPERCACHE_HTTP_TOKEN'

/** What the options that `withNodeOptions` adds were given. */
export interface NodeOptions {
  url?: string
  token?: string
}

/** Adds the options that say which node. */
export function withNodeOptions(command: Command): Command {
  return command
    .addOption(new Option('-u, --url <url>', `address of the node (default: ${URL_DEFAULT})`).argParser(once))
    .addOption(new Option('--token <token>', `its http.token (default: ${TOKEN_VARIABLE})`).argParser(once))
}

/** The node that the options name. @throws CliFailure for an address or a token that cannot be one. */
export function nodeOf({ url = URL_DEFAULT, token }: NodeOptions): NodeClient {
  return new NodeClient(url, token ?? (process.env[TOKEN_VARIABLE] || undefined))
}
