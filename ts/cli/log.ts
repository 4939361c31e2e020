/** The log of a node: lines of JSON on standard output, or readable ones where that is a terminal. */

import { isatty } from 'node:tty'

import type { Logger } from 'pino'

import type { LoggingConfig } from '../config/cluster-config.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import type { ClusterEvent } from '../events/event-map.js'
import type { RingChange } from '../types.js'
import { Outlet, openWithoutWaiting } from './outlet.js'

const STDOUT = 1

/** Bytes of lines that may wait for a reader who does not read; further lines are dropped. */
const WAITING_BYTES_MAX = 4 << 20

/** Members that a line names. */
const NAMED_MAX = 5

/** A logger, and how to have everything written before the process ends. */
export interface Log {
  logger: Logger
  /** Resolves when all lines are written, or when nobody has taken them for a second. */
  flush: () => Promise<void>
}

/** Opens the log of a node. Nothing ever waits for who reads it. */
export async function openLog({ level }: LoggingConfig, nodeId: string): Promise<Log> {
  const { pino } = await import('pino')
  const shaped = isatty(STDOUT) ? await readable() : (line: string) => line
  const outlet = new Outlet({
    stream: openWithoutWaiting(STDOUT),
    waitingBytesMax: WAITING_BYTES_MAX,
    onDropped: (droppedCount) => {
      const what = `${droppedCount} lines are missing here: nobody read them, and there was no more room`
      // Whatever the level: else a log would seem whole that is not.
      logger.child({}, { level: 'warn' }).warn({ droppedCount }, what)
    },
  })
  const options = { level, base: { nodeId }, timestamp: pino.stdTimeFunctions.isoTime }
  const logger: Logger = pino(options, { write: (line) => outlet.write(shaped(line)) })
  return { logger, flush: () => outlet.flush() }
}

/** Makes lines of JSON readable. */
async function readable(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty')
  const pretty = prettyFactory({ ignore: 'pid,hostname,nodeId', translateTime: 'SYS:HH:MM:ss' })
  return (line) => pretty(line) ?? ''
}

/** Has the log tell what happens to the node. */
export function logEvents({ events }: CoordinatorService, logger: Logger): void {
  events.subscribe((event) => {
    const [level, fields, message] = lineOf(event)
    logger[level]({ event: event.type, ...fields }, message)
  })
}

/** Has the log tell with whom a node has begun that was to find others. */
export function logCompany({ config, membership }: CoordinatorService, logger: Logger): void {
  const ids = membership.members().flatMap(({ id, isLocal }) => (isLocal ? [] : [id]))
  const { seeds } = config.cluster
  if (ids.length > 0) {
    const rest = ids.length > NAMED_MAX ? ` and ${ids.length - NAMED_MAX} more` : ''
    logger.info({ memberCount: ids.length + 1 }, `joined ${ids.slice(0, NAMED_MAX).join(', ')}${rest}`)
  } else if (seeds.length > 0) {
    logger.warn({ seeds }, 'alone: no other node has answered at a seed yet; they are asked again and again')
  } else {
    logger.info('alone: there are no cluster.seeds, so it waits for others to join it')
  }
}

type Line = [level: 'debug' | 'info' | 'warn', fields: object, message: string]

/** What the log says of an event. */
function lineOf(event: ClusterEvent): Line {
  switch (event.type) {
    case 'member:joined':
    case 'member:left':
    case 'member:recovered':
    case 'member:updated':
    case 'member:reaped':
    case 'member:suspected':
    case 'member:failed': {
      const { id, status, address, port, isLocal } = event.payload.member
      // It is this node that leaves, or that gives way: it follows the others no more.
      if (event.type === 'member:left' && status !== 'leaving' && !isLocal)
        return ['debug', { member: id, status, address, port }, `member ${id} is followed no more`]
      const isBad = event.type === 'member:suspected' || event.type === 'member:failed'
      const isOtherwise = event.type === 'member:updated' && event.payload.previous?.status !== status
      const what = isOtherwise ? `is ${status}` : event.type.replace('member:', '')
      return [isBad ? 'warn' : 'info', { member: id, status, address, port }, `member ${id} ${what}`]
    }
    case 'ring:changed': {
      const { version, checksum, movedShare, transferCount } = event.payload
      return ['info', { version, checksum, movedShare, transferCount }, changeInWords(event.payload)]
    }
    case 'ring:diverged': {
      const { checksum, others } = event.payload
      const ids = others.map(({ nodeId }) => nodeId)
      return ['warn', { checksum, others }, `the ring differs from that of ${ids.join(', ')}`]
    }
    case 'ring:agreed': {
      const { checksum, memberCount, durationMs } = event.payload
      return ['info', { checksum, memberCount, durationMs }, 'all members have the same ring again']
    }
    case 'rebalance:planned': {
      const { version, movedShare, transferCount } = event.payload
      return ['debug', { version, movedShare, transferCount }, 'a change of the ring was planned']
    }
    case 'health:changed': {
      const { isReady, reasons } = event.payload
      return [
        isReady ? 'info' : 'warn',
        { isReady, reasons },
        isReady ? 'ready' : `not ready: ${reasons.join('; ')}`,
      ]
    }
    case 'coordinator:started':
    case 'coordinator:stopping':
    case 'coordinator:stopped':
      return ['info', {}, event.type.replace('coordinator:', '')]
    case 'broadcast': {
      const { name, originNodeId } = event.payload
      return ['debug', { name, originNodeId }, 'a broadcast']
    }
    case 'custom':
      return ['debug', { name: event.payload.name }, 'a custom event']
  }
}

/** The first owner takes over from nobody, and the last one leaves to nobody: then nothing has moved. */
function changeInWords({ movedShare, transfers }: RingChange): string {
  if (transfers.length > 0 && transfers.every(({ from }) => from === null))
    return 'the ring has its first owners'
  if (transfers.length > 0 && transfers.every(({ to }) => to === null))
    return 'the ring has no owner any more'
  return `the ring changed: ${(movedShare * 100).toFixed(2)} % of the keys moved`
}
