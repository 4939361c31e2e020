/** Coordinators for tests, driven by hand. */

import { type ClusterConfigInput, type CoordinatorOptions, SimpleCoordinator } from '../../dist/index.js'
import type { CoordinatorUnderTest } from '../conformance/coordinator'
import { ManualClock, settled } from './manual-clock'

/** A coordinator of one node under test, with its clock. */
export function makeSimpleCoordinator(
  config: ClusterConfigInput = {},
  options: CoordinatorOptions = {},
): CoordinatorUnderTest & { coordinator: SimpleCoordinator; clock: ManualClock } {
  const clock = new ManualClock()
  // The same id in every run, so that the same keys are its own.
  const cluster = { nodeId: 'node1', ...config.cluster }
  const coordinator = new SimpleCoordinator({ ...config, cluster }, { clock, ...options })
  return {
    coordinator,
    clock,
    advance: (ms) => clock.advance(ms),
    nowMs: () => clock.nowMs(),
    isSeeded: options.hashFunction !== undefined || coordinator.config.cluster.hashRing.hashSeed !== 0n,
    // Changes of the ring take a few turns.
    settle: async () => {
      for (let turn = 0; turn < 5; turn += 1) await settled()
    },
    close: () => coordinator.close(),
  }
}
