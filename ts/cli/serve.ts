/** `hypercache serve`: runs a node until it is told to stop. */

import type { Logger } from 'pino'

import { makeCoordinator } from '../coordinator/start-cluster.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import { type HttpServer, startHttpServer } from '../http/http-server.js'
import { describedError } from '../listeners.js'
import { type ConfigOptions, configOf } from './config-source.js'
import { CliFailure, EXIT_FAILED, EXIT_NODE_ID_TAKEN } from './failure.js'
import { type Log, logCompany, logEvents, openLog } from './log.js'

/** Time to stop in, beyond that in which requests are still accepted. */
const STOP_MS_MAX = 10_000
/** Time for the line on standard error, where something keeps the process when all is done. */
const LAST_WORDS_MS = 1_000
/** Added to the number of a signal: the exit code of who was ended by it. */
const SIGNAL_EXIT = 128
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/**
 * Runs a node: resolves when it was told to stop and has done so. The process ends soon after that, whatever
 * else would keep it.
 *
 * @throws CliFailure for a configuration that cannot be used, and where another process has the node's id;
 * ERR_HYPERCACHE_LISTEN_FAILED.
 */
export async function serve(options: ConfigOptions): Promise<void> {
  const { config, warnings } = configOf(options)
  const log = await openLog(config.logging, config.cluster.nodeId)
  const { logger } = log
  const coordinator = makeCoordinator(config, { keepsProcessAlive: true })
  const end = untilTheEnd()
  takeOverProcess(log, coordinator, end)
  for (const warning of warnings) logger.warn(warning)
  logEvents(coordinator, logger)
  const { drainSeconds, enabled } = config.http
  const drainMs = enabled ? drainSeconds * 1000 : 0
  try {
    await start(coordinator, logger, () => end.ask('asked over HTTP to leave'))
    const drain = drainMs > 0 ? `; requests are taken for ${drainSeconds} s more` : ''
    logger.info(`${await end.asked}: stopping${drain}; a signal from now on ends it at once`)
  } finally {
    try {
      await within(STOP_MS_MAX + drainMs, coordinator.close())
    } finally {
      end.forget()
      await log.flush()
      // What keeps it may be output that nobody reads, or what has kept the node from stopping.
      setTimeout(() => process.exit(), LAST_WORDS_MS).unref()
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

/** How it comes that the node stops. */
interface End {
  /** Resolves with the first way in which it was asked to; rejects where it cannot go on. */
  asked: Promise<string>
  /** Asks it to stop, unless it was asked already. */
  ask: (how: string) => void
  /** Has it stop with a failure, unless it was asked already. */
  fail: (failure: CliFailure) => void
  /** Listens to signals no more. */
  forget: () => void
}

/** Listens to signals. One that comes when the node was told to stop already ends the process at once. */
function untilTheEnd(): End {
  let ask!: (how: string) => void
  let fail!: (failure: CliFailure) => void
  let isAsked = false
  const asked = new Promise<string>((resolve, reject) => ([ask, fail] = [resolve, reject]))
  const markAsked = () => void (isAsked = true)
  // It is looked at when the node has started.
  asked.then(markAsked, markAsked)
  const listen = (name: keyof typeof SIGNALS) => {
    if (isAsked) process.exit(SIGNAL_EXIT + SIGNALS[name])
    ask(name)
  }
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]
  for (const name of names) process.on(name, listen)
  return { asked, ask, fail, forget: () => names.forEach((name) => process.off(name, listen)) }
}

/** Has warnings, and errors that nobody caught, go to the log. */
function takeOverProcess({ logger, flush }: Log, { membership }: CoordinatorService, end: End): void {
  // Node's own listener would print them beside the log.
  process.removeAllListeners('warning')
  process.on('warning', ({ code, message, stack }: Error & { code?: string }) => {
    logger.warn({ code, detail: stack }, message)
    if (code === 'ERR_HYPERCACHE_NODE_ID_TAKEN') end.fail(new CliFailure(EXIT_NODE_ID_TAKEN, message))
  })
  // Also of a promise that nobody caught. What the process was about to do is not known: it ends, and its
  // keys are for others to have before anybody has read of it.
  process.on('uncaughtException', (error: unknown) => {
    membership.close()
    const { problem, detail } = describedError(error)
    logger.fatal({ detail }, `an error that nobody caught: ${problem}`)
    void flush().then(() => process.exit(EXIT_FAILED))
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
