/** What probes and scrapers ask for: live, ready, health, metrics. */

import type { FastifyRequest } from 'fastify'

import type { HealthReport } from '../cluster-types.js'
import type { CoordinatorService } from '../coordinator/coordinator-service.js'
import type { PrometheusExporter } from '../metrics/prometheus.js'
import type { HealthAnswer, LiveAnswer, ReadyAnswer } from './api.js'
import { type Route, json } from './answer.js'
import { Query } from './query.js'
import type { TokenGuard } from './request-guard.js'

/**
 * The paths of probes and scrapers.
 *
 * @param tokens Absent where everybody may ask. Probes are answered without a token too, but then only with
 * what a probe needs: what checks say may name hosts, or users.
 */
export function probeRoutes(
  coordinator: CoordinatorService,
  exporter: PrometheusExporter,
  tokens: TokenGuard | undefined,
): Route[] {
  const isTrusted = ({ headers }: FastifyRequest) => tokens?.passes(headers.authorization) ?? true
  const live: LiveAnswer = { isLive: true }
  return [
    {
      method: 'GET',
      path: '/livez',
      isOpen: true,
      handle: ({ raw }) => {
        new Query(raw.url!, [])
        return json(live)
      },
    },
    {
      method: 'GET',
      path: '/readyz',
      isOpen: true,
      handle: async (request) => {
        new Query(request.raw.url!, [])
        const report = await reportOf(coordinator)
        const { isReady, reasons } = isTrusted(request) ? report : withoutDetails(report)
        const answer: ReadyAnswer = { isReady, state: coordinator.state, reasons }
        return json(answer, isReady ? 200 : 503)
      },
    },
    {
      method: 'GET',
      path: '/health',
      isOpen: true,
      handle: async (request) => {
        new Query(request.raw.url!, [])
        const report = await reportOf(coordinator)
        const { localNodeId: nodeId, state } = coordinator
        const answer: HealthAnswer = isTrusted(request)
          ? { ...report, nodeId, state, uptimeMs: coordinator.metrics().uptimeMs }
          : { ...withoutDetails(report), state }
        return json(answer, report.isReady ? 200 : 503)
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async ({ raw }) => {
        new Query(raw.url!, [])
        return { type: exporter.contentType, body: await exporter.expose() }
      },
    },
  ]
}

/**
 * How the node is. While it is not ready anyway no check is waited for, and where it has become so meanwhile
 * the report is not believed.
 */
async function reportOf(coordinator: CoordinatorService): Promise<HealthReport> {
  const report = coordinator.state === 'ready' ? await coordinator.health() : coordinator.metrics().health
  if (coordinator.state === 'ready' || !report.isReady) return report
  return { ...report, isReady: false, reasons: [`coordinator: it is ${coordinator.state}`] }
}

/** The report with the names of what stands against it, and nothing that a check says. */
function withoutDetails({ isReady, reasons, checks }: HealthReport): HealthReport {
  const failing = checks.filter(({ isPassing }) => !isPassing).map(({ name }) => name)
  return {
    isReady,
    // Where no check fails, it is the coordinator that is not ready.
    reasons: reasons.length > 0 && failing.length === 0 ? ['coordinator'] : failing,
    checks: checks.map(({ detail: _, ...check }) => check),
  }
}
