/** The contract of health checks. */

/**
 * Says whether something is well. It fails where it throws, rejects, answers `false`, or takes too long; a
 * text that it answers is shown beside its name.
 *
 * @param signal Given when its time is over.
 */
export type HealthCheck = (signal: AbortSignal) => boolean | string | void | Promise<boolean | string | void>

/** Options of a health check. */
export interface HealthCheckOptions {
  /** How long it may take, 1 to 600,000. @defaultValue 1_000 */
  timeoutMs?: number | undefined
}
