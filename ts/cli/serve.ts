/** `hypercache serve`: runs a node until it is told to stop. */

import type { Logger } from 'pino'

import { makeCoordinator } from '../coordinator/start-cluster.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import { type HttpServer, startHttpServer } from '../http/http-server.js'
import { describedError } from '../listeners.js'
import { type ConfigOptions, configOf } from './config-source.js'
import { CliFailure, EXIT_FAILED } from './failure.js'
import { type Log, logCompany, logEvents, openLog } from './log.js'

/** Time to stop in, beyond that in which requests are still accepted. */
const STOP_MS_MAX = 10_000
/** Time for the last lines of one that has not stopped in that. */
const LAST_WORDS_MS = 2_000
/** Added to the number of a signal: the exit code of who was ended by it. */
const SIGNAL_EXIT = 128
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/**
 * Runs a node: resolves when it was told to stop and has done so.
 *
 * @throws CliFailure for a configuration that cannot be used; ERR_HYPERCACHE_LISTEN_FAILED.
 */
export async function serve(options: ConfigOptions): Promise<void> {
  const { config, warnings } = configOf(options)
  const log = await openLog(config.logging, config.cluster.nodeId)
  const { logger } = log
  takeOverProcess(log)
  const asked = askedToStop(log)
  for (const warning of warnings) logger.warn(warning)
  const coordinator = makeCoordinator(config, { keepsProcessAlive: true })
  logEvents(coordinator, logger)
  let limitMs = STOP_MS_MAX
  try {
    await start(coordinator, logger, () => asked.ask('asked over HTTP to leave'))
    const { drainSeconds, enabled } = config.http
    const drain = enabled && drainSeconds > 0 ? `; requests are taken for ${drainSeconds} s more` : ''
    logger.info(`${await asked.first}: stopping${drain}; a signal from now on ends it at once`)
    limitMs += drainSeconds * 1000
  } finally {
    try {
      await within(limitMs, coordinator.close())
    } finally {
      asked.forget()
      await log.flush()
    }
  }
}

/** Serves and joins: probes are answered before the node is ready. */
async function start(coordinator: CoordinatorService, logger: Logger, onLeave: () => void): Promise<void> {
  const { http, cluster } = coordinator.config
  const server: HttpServer | undefined = http.enabled
    ? await startHttpServer(coordinator, { logger, onLeave })
    : undefined
  try {
    await coordinator.start()
  } catch (error) {
    // It closes by itself only when a node that was ready stops.
    await server?.close()
    throw error
  }
  const where = server === undefined ? 'http is not enabled' : `page at ${server.url}`
  logger.info({ clusterName: cluster.clusterName, url: server?.url }, `node ${cluster.nodeId}: ${where}`)
  if (cluster.membership !== 'simple') logCompany(coordinator, logger)
}

/** How the node is told to stop. */
interface Asked {
  /** Resolves with the first way in which it was. */
  first: Promise<string>
  /** Tells it to stop, unless it was told already. */
  ask: (how: string) => void
  /** Listens to signals no more. */
  forget: () => void
}

/** Listens to signals. One that comes when the node was told to stop already ends the process at once. */
function askedToStop({ flushNow }: Log): Asked {
  let tell: (how: string) => void
  let isAsked = false
  const first = new Promise<string>((resolve) => (tell = resolve))
  const ask = (how: string) => {
    isAsked = true
    tell(how)
  }
  const listen = (name: keyof typeof SIGNALS) => {
    if (isAsked) {
      flushNow()
      process.exit(SIGNAL_EXIT + SIGNALS[name])
    }
    ask(name)
  }
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]
  for (const name of names) process.on(name, listen)
  return { first, ask, forget: () => names.forEach((name) => process.off(name, listen)) }
}

/** Has warnings, and errors that nobody caught, go to the log. */
function takeOverProcess({ logger, flushNow }: Log): void {
  // Node's own listener would print them beside the log.
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    logger.warn({ code: warning.code, detail: warning.stack }, warning.message)
  })
  // Also of a promise that nobody caught. What the process was about to do is not known: it ends.
  process.on('uncaughtException', (error: unknown) => {
    const { problem, detail } = describedError(error)
    logger.fatal({ detail }, `an error that nobody caught: ${problem}`)
    flushNow()
    process.exit(EXIT_FAILED)
  })
}

async function within(limitMs: number, stopped: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `the node has not stopped within ${limitMs / 1000} s`
    timer = setTimeout(() => {
      reject(new CliFailure(EXIT_FAILED, message))
      // What keeps the node from stopping may keep the process too.
      setTimeout(() => process.exit(EXIT_FAILED), LAST_WORDS_MS).unref()
    }, limitMs)
  })
  try {
    await Promise.race([stopped, late])
  } finally {
    clearTimeout(timer)
  }
}
