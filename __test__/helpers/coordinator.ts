/** Coordinators for tests, driven by hand. */

import {
  type ClusterConfigInput,
  type CoordinatorOptions,
  type CoordinatorService,
  DistributedCoordinator,
  type DistributedOptions,
  SimpleCoordinator,
} from '../../dist/index.js'
import type { CoordinatorUnderTest } from '../conformance/coordinator'
import { ManualClock, settled } from './manual-clock'
import { ScriptedMembership } from './scripted-membership'

// The same id in every run, so that the same keys are its own.
const withId = (config: ClusterConfigInput) => ({
  ...config,
  cluster: { nodeId: 'node1', ...config.cluster },
})

/** A coordinator of one node under test, with its clock. */
export function makeSimpleCoordinator(
  config: ClusterConfigInput = {},
  options: CoordinatorOptions = {},
): CoordinatorUnderTest & { coordinator: SimpleCoordinator; clock: ManualClock } {
  const clock = new ManualClock()
  return underTest(new SimpleCoordinator(withId(config), { clock, ...options }), clock, options)
}

/** A coordinator under test whose other members do what the test says. */
export function makeDistributedCoordinator(
  config: ClusterConfigInput = {},
  options: DistributedOptions = {},
): CoordinatorUnderTest & {
  coordinator: DistributedCoordinator
  clock: ManualClock
  membership: ScriptedMembership
} {
  const clock = new ManualClock()
  const cluster = withId(config)
  const membership = new ScriptedMembership(clock, cluster.cluster.nodeId)
  const coordinator = new DistributedCoordinator(cluster, membership, { clock, ...options })
  return { ...underTest(coordinator, clock, options), membership }
}

function underTest<C extends CoordinatorService>(
  coordinator: C,
  clock: ManualClock,
  { hashFunction }: CoordinatorOptions,
) {
  return {
    coordinator,
    clock,
    advance: (ms: number) => clock.advance(ms),
    nowMs: () => clock.nowMs(),
    isSeeded: hashFunction !== undefined || coordinator.config.cluster.hashRing.hashSeed !== 0n,
    // Changes of the ring take a few turns.
    settle: async () => {
      for (let turn = 0; turn < 5; turn += 1) await settled()
    },
    close: () => coordinator.close(),
  }
}
