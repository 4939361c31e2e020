/** Runs the checks of a node, and remembers how they went. */

import { inByteOrder } from '../byte-order.js'
import type { HealthCheckResult, HealthReport } from '../cluster-types.js'
import { checkedCount, checkedFields, checkedFunction, checkedText } from '../checks.js'
import type { Clock, Timer } from '../clock.js'
import { HyperCacheError, shown } from '../errors.js'
import { describedError, stopWatching } from '../listeners.js'
import type { StopWatching } from '../types.js'
import type { HealthCheck, HealthCheckOptions } from './health-check.js'

const TIMEOUT_MS = 1_000
const TIMEOUT_MS_MAX = 600_000
const NAME_BYTES_MAX = 255
const CHECK_OPTIONS: ReadonlySet<string> = new Set<keyof HealthCheckOptions>(['timeoutMs'])

/** A check of the node itself: it answers at once what stands against it, if anything. */
export type InstantCheck = () => string | undefined

interface RegisteredCheck {
  name: string
  check: HealthCheck
  timeoutMs: number
  /** The run that has not ended, though its time may be over: there is never a second one beside it. */
  running: Promise<HealthCheckResult> | undefined
  startedMs: number
}

interface HealthMonitorOptions {
  clock: Clock
  /** Evaluated last in each run, so that their answers are those of the moment of the report. */
  instantChecks: Readonly<Record<string, InstantCheck>>
  /** Told of each report in which something passes or fails that did not before, and of the first. */
  onChange: (report: HealthReport) => void
}

/** The checks of one node. */
export class HealthMonitor {
  readonly #clock: Clock
  readonly #instantChecks: HealthMonitorOptions['instantChecks']
  readonly #onChange: HealthMonitorOptions['onChange']
  readonly #checks = new Map<string, RegisteredCheck>()
  #run: Promise<HealthReport> | undefined
  #report: HealthReport | undefined
  #isClosed = false

  constructor({ clock, instantChecks, onChange }: HealthMonitorOptions) {
    this.#clock = clock
    this.#instantChecks = instantChecks
    this.#onChange = onChange
  }

  /** See `CoordinatorService.registerHealthCheck`. */
  register(name: string, check: HealthCheck, options: HealthCheckOptions = {}): StopWatching {
    const checkedName = checkedCheckName(name)
    const { timeoutMs = TIMEOUT_MS } = checkedFields('options', options, CHECK_OPTIONS)
    const registered: RegisteredCheck = {
      name: checkedName,
      check: checkedFunction('check', check),
      timeoutMs: checkedCount(timeoutMs, 'timeoutMs', TIMEOUT_MS_MAX),
      running: undefined,
      startedMs: 0,
    }
    if (this.#checks.has(checkedName) || Object.hasOwn(this.#instantChecks, checkedName)) {
      const message = `there is a health check ${shown(checkedName)} already`
      throw new HyperCacheError('ERR_HYPERCACHE_DUPLICATE_CHECK', message)
    }
    this.#checks.set(checkedName, registered)
    const remove = () => {
      if (this.#checks.get(checkedName) === registered) this.#checks.delete(checkedName)
    }
    return stopWatching(remove)
  }

  /** Runs every check, unless a run is under way: then that one's report. Never rejects. */
  run(): Promise<HealthReport> {
    this.#run ??= this.#runAll().finally(() => (this.#run = undefined))
    return this.#run
  }

  /** The report of the last run; before the first one, what can be said at once. */
  latest(): HealthReport {
    return this.#report ?? this.#assembled([])
  }

  /** Tells no more changes. */
  close(): void {
    this.#isClosed = true
    this.#checks.clear()
  }

  async #runAll(): Promise<HealthReport> {
    const results = await Promise.all([...this.#checks.values()].map((check) => this.#runOne(check)))
    const report = this.#assembled(results.filter(({ name }) => this.#checks.has(name)))
    const isChanged = this.#report === undefined || passing(report) !== passing(this.#report)
    this.#report = report
    if (isChanged && !this.#isClosed) this.#onChange(report)
    return report
  }

  /** Runs a check, and answers when it has ended or its time is over. */
  async #runOne(registered: RegisteredCheck): Promise<HealthCheckResult> {
    const { name, check, timeoutMs } = registered
    if (registered.running !== undefined) {
      const seconds = (this.#clock.elapsedMs() - registered.startedMs) / 1000
      return this.#result(registered, false, `it has not answered for ${seconds.toFixed(1)} s`)
    }
    registered.startedMs = this.#clock.elapsedMs()
    const timeout = new AbortController()
    const ended = this.#ended(registered, check, timeout.signal)
    registered.running = ended.finally(() => (registered.running = undefined))
    let timer: Timer | undefined
    const isLate = new Promise<HealthCheckResult>((resolve) => {
      timer = this.#clock.after(timeoutMs, () => {
        timeout.abort(new Error(`the health check ${shown(name)} took more than ${timeoutMs} ms`))
        resolve(this.#result(registered, false, `it took more than ${timeoutMs} ms`))
      })
    })
    try {
      return await Promise.race([registered.running, isLate])
    } finally {
      timer?.cancel()
    }
  }

  /** How a check ends by itself. Never rejects. */
  async #ended(
    registered: RegisteredCheck,
    check: HealthCheck,
    signal: AbortSignal,
  ): Promise<HealthCheckResult> {
    try {
      const answer = await check(signal)
      return this.#result(registered, answer !== false, typeof answer === 'string' ? answer : undefined)
    } catch (error) {
      return this.#result(registered, false, describedError(error).problem)
    }
  }

  #result({ name, startedMs }: RegisteredCheck, isPassing: boolean, detail?: string): HealthCheckResult {
    return this.#checkResult(name, isPassing, detail, this.#clock.elapsedMs() - startedMs)
  }

  #checkResult(name: string, isPassing: boolean, detail?: string, durationMs = 0): HealthCheckResult {
    const said = detail === undefined ? {} : { detail }
    return Object.freeze({ name, isPassing, ...said, durationMs, checkedAtMs: this.#clock.nowMs() })
  }

  /** The report of these results and of what can be said at once. */
  #assembled(results: readonly HealthCheckResult[]): HealthReport {
    const instant = Object.entries(this.#instantChecks).map(([name, check]) => {
      const problem = problemOf(check)
      return this.#checkResult(name, problem === undefined, problem)
    })
    const checks = [...instant, ...results].sort((a, b) => inByteOrder(a.name, b.name))
    const reasons = checks
      .filter(({ isPassing }) => !isPassing)
      .map(({ name, detail = 'it does not pass' }) => `${name}: ${detail}`)
    return Object.freeze({
      isReady: reasons.length === 0,
      reasons: Object.freeze(reasons),
      checks: Object.freeze(checks),
    })
  }
}

/** What an instant check says. It may throw: a user can have closed what it looks at. */
function problemOf(check: InstantCheck): string | undefined {
  try {
    return check()
  } catch (error) {
    return describedError(error).problem
  }
}

/** Which checks pass and which do not, to compare. */
function passing({ checks }: HealthReport): string {
  return JSON.stringify(checks.map(({ name, isPassing }) => [name, isPassing]))
}

function checkedCheckName(name: unknown): string {
  const text = checkedText('name', name)
  const bytes = Buffer.byteLength(text)
  if (bytes >= 1 && bytes <= NAME_BYTES_MAX && !/\p{Cc}/u.test(text)) return text
  const message =
    `the name of a health check is ${shown(text)}; it must have 1 to ${NAME_BYTES_MAX} bytes of UTF-8 ` +
    'without control characters'
  throw new HyperCacheError('ERR_HYPERCACHE_INVALID_TEXT', message)
}
