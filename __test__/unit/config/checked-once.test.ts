import { createRequire } from 'node:module'
import { afterEach, describe, expect, test, vi } from 'vitest'

import type * as Completing from '../../../dist/config/complete-config.js'
import type * as Starting from '../../../dist/coordinator/start-cluster.js'
import type * as Package from '../../../dist/index.js'

// As programs load it: then the modules share the function that is watched.
const load = createRequire(__filename)
const completing = load('../../../dist/config/complete-config.js') as typeof Completing
const { makeCoordinator } = load('../../../dist/coordinator/start-cluster.js') as typeof Starting
const { SimpleCoordinator, loadClusterConfig, resolveClusterConfig, startCluster, validateClusterConfig } =
  load('../../../dist/index.js') as typeof Package

const checks = vi.spyOn(completing, 'completeConfig')
afterEach(() => void checks.mockClear())

describe('a configuration is checked once', () => {
  test('as an object, on its way through startCluster', async () => {
    const coordinator = await startCluster({ cluster: { nodeId: 'node1' } })
    await coordinator.close()
    expect(checks).toHaveBeenCalledTimes(1)
  })

  test.each(['simple', 'gossip', 'serf'])(
    'as a file, on its way to the parts of membership %s',
    async (kind) => {
      const { config } = resolveClusterConfig(`cluster: { membership: ${kind} }`, { env: {} })
      const coordinator = makeCoordinator(config)
      await coordinator.close()
      expect(coordinator.config).toBe(config)
      expect(checks).toHaveBeenCalledTimes(1)
    },
  )

  test('whatever is asked to check it afterwards', async () => {
    const config = loadClusterConfig('', { env: {} })
    expect(validateClusterConfig(config)).toBe(config)
    await new SimpleCoordinator(config).close()
    expect(checks).toHaveBeenCalledTimes(1)
  })

  test('and a copy, which may have been changed, for itself', () => {
    const config = validateClusterConfig({})
    const copy = structuredClone(config)
    expect(validateClusterConfig(copy)).toEqual(config)
    expect(checks).toHaveBeenCalledTimes(2)
    expect(() => validateClusterConfig({ ...copy, http: { port: -1 } })).toThrow('http.port')
  })
})
