/** `hypercache serve`: runs a node until it is told to stop. */

import type { Logger } from 'pino'

import { makeCoordinator } from '../coordinator/start-cluster.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import { type HttpServer, startHttpServer } from '../http/http-server.js'
import { describedError } from '../listeners.js'
import { type ConfigOptions, configOf } from './config-source.js'
import { CliFailure, EXIT_FAILED } from './failure.js'
import { type Log, logEvents, openLog } from './log.js'

/** Time to stop in, beyond that in which requests are still accepted. */
const STOP_MS_MAX = 10_000
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
  try {
    await start(coordinator, logger)
    const { drainSeconds, enabled } = config.http
    const drain = enabled && drainSeconds > 0 ? `; requests are taken for ${drainSeconds} s more` : ''
    logger.info(`${await asked.signal}: stopping${drain}; a second signal ends it at once`)
    const deadlineMs = drainSeconds * 1000 + STOP_MS_MAX
    await within(deadlineMs, coordinator.close())
  } finally {
    await within(STOP_MS_MAX, coordinator.close())
    asked.forget()
    await log.flush()
  }
}

/** Serves and joins: probes are answered before the node is ready. */
async function start(coordinator: CoordinatorService, logger: Logger): Promise<void> {
  const { http, cluster } = coordinator.config
  const server: HttpServer | undefined = http.enabled
    ? await startHttpServer(coordinator, { logger })
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
}

/** Resolves with the first signal to stop. A second one ends the process at once. */
function askedToStop({ flushNow }: Log): { signal: Promise<string>; forget: () => void } {
  let tell: (signal: string) => void
  let isAsked = false
  const signal = new Promise<string>((resolve) => (tell = resolve))
  const listen = (name: keyof typeof SIGNALS) => {
    if (isAsked) {
      flushNow()
      process.exit(SIGNAL_EXIT + SIGNALS[name])
    }
    isAsked = true
    tell(name)
  }
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]
  for (const name of names) process.on(name, listen)
  return { signal, forget: () => names.forEach((name) => process.off(name, listen)) }
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
    timer = setTimeout(() => reject(new CliFailure(EXIT_FAILED, message)), limitMs)
  })
  try {
    await Promise.race([stopped, late])
  } finally {
    clearTimeout(timer)
  }
}
