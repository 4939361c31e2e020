/** `hypercache events`: what happens on a node that runs. */

import { setTimeout as pause } from 'node:timers/promises'

import { type Command, Option } from 'commander'

import type { ClusterEvent, EventsLost } from '../events/event-map.js'
import { jsonLine } from '../json.js'
import { eventText } from './event-text.js'
import { oneLine } from './failure.js'
import { type EventsWanted, NodeAway, type NodeClient, StreamEnded } from './node-client.js'
import { type NodeOptions, TOKEN_VARIABLE, nodeOf, withNodeOptions } from './node-options.js'
import { wholeNumber, withExamples, withJsonOption } from './options.js'
import { say } from './outlet.js'
import type { Output } from './output.js'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 1_000_000
/** First and longest wait before a node that has gone away is asked again. */
const BACKOFF_MS = 250
const BACKOFF_MS_MAX = 10_000

interface EventsOptions extends NodeOptions {
  follow?: boolean
  type?: string[]
  after?: number
  limit?: number
  json?: boolean
}

/** Adds `events`. */
export function addEventsCommand(program: Command, output: Output): void {
  const collected = (value: string, previous: string[] = []) => [...previous, value]
  const command = withNodeOptions(program.command('events'))
    .description('Print the last events of a node that runs, and follow those that come')
    .option('-f, --follow', 'go on with events as they come, until SIGINT')
    .addOption(
      new Option('-t, --type <type>', 'only events of this type; may be given again').argParser(collected),
    )
    .addOption(
      new Option('--after <number>', 'only events after the one of this number').argParser(
        (value: string, previous?: number) => wholeNumber(value, previous, Number.MAX_SAFE_INTEGER, 0),
      ),
    )
    .addOption(
      new Option(
        '-n, --limit <count>',
        `the newest so many (default: ${LIMIT_DEFAULT}; with --after all)`,
      ).argParser((value: string, previous?: number) => wholeNumber(value, previous, LIMIT_MAX)),
    )
    .action(async (options: EventsOptions) => events(options, output))
  withJsonOption(command, 'print the event as an object on each line')
  withExamples(command, [
    'hypercache events --follow',
    'hypercache events --type ring:changed --type member:failed --limit 5',
    'hypercache events --url http://10.0.0.5:8080 --after 1200 --json',
    `${TOKEN_VARIABLE}=$(cat token) hypercache events --follow`,
  ])
}

async function events(options: EventsOptions, output: Output): Promise<void> {
  const { follow, after } = options
  const client = nodeOf(options)
  const limit = options.limit ?? (after === undefined ? LIMIT_DEFAULT : undefined)
  const wanted = { types: options.type ?? [], after, limit }
  const print = async (event: ClusterEvent | EventsLost) => {
    output.appendText(`${options.json === true ? jsonLine(event) : eventText(event)}\n`)
    await output.flush()
  }
  const stop = new AbortController()
  const end = () => stop.abort()
  // Before the first line: who reads it may end the command.
  if (follow === true) process.once('SIGINT', end).once('SIGTERM', end)
  try {
    const answer = await client.events(wanted)
    for (const event of answer.events) await print(event)
    if (follow === true) await followOn(client, { ...wanted, after: answer.lastSequence }, print, stop.signal)
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
  }
}

/** Goes on from event to event, whatever becomes of the node, until it is told to stop. */
async function followOn(
  client: NodeClient,
  wanted: EventsWanted,
  print: (event: ClusterEvent | EventsLost) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let { after } = wanted
  let backoffMs = BACKOFF_MS
  const onOpen = () => {
    if (backoffMs > BACKOFF_MS) say('hypercache: the node answers again\n')
    backoffMs = BACKOFF_MS
  }
  while (!signal.aborted) {
    try {
      for await (const event of client.follow({ ...wanted, after }, signal, onOpen)) {
        if (event.type !== 'events:lost') after = event.sequence
        await print(event)
      }
    } catch (error) {
      if (!(error instanceof NodeAway || error instanceof StreamEnded)) throw error
      if (backoffMs === BACKOFF_MS) say(`hypercache: ${oneLine(error.message)}; asking again\n`)
      await pause(backoffMs, undefined, { signal }).catch(() => undefined)
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)
    }
  }
}
