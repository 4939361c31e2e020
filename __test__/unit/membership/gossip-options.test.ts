/** What native code is told of the options. */

import { describe, expect, test } from 'vitest'
import { nativeOptions, recordOf } from '../../../dist/membership/gossip/gossip-options.js'
import { HASH_RING, gossipOptions } from '../../helpers/gossip'
import { refused } from '../../helpers/refused'

const STATE = { metadata: {}, isUpdating: false, ports: {} }
const told = (changed?: Parameters<typeof gossipOptions>[1]) =>
  nativeOptions(gossipOptions('node1', changed), STATE, 1_700_000_000_000)

describe('native code is told', () => {
  test('every time of the configuration, in seconds there and in milliseconds here', async () => {
    const gossip = {
      probeIntervalSeconds: 1.5,
      probeTimeoutSeconds: 0.25,
      indirectProbeCount: 5,
      suspicionMultiplier: 4.5,
      gossipIntervalSeconds: 0.2,
      gossipFanout: 6,
      retransmitMultiplier: 7,
      syncIntervalSeconds: 8,
      syncTimeoutSeconds: 9,
      seedRetryMaxSeconds: 10,
      leaveTimeoutSeconds: 11,
      reapAfterSeconds: 86_400,
      divergenceSeconds: 13,
    }
    const { timing } = await told({ gossip, failureDetectionTimeoutSeconds: 30 })
    expect(timing).toEqual({
      probeIntervalMs: 1_500,
      probeTimeoutMs: 250,
      indirectProbeCount: 5,
      gossipIntervalMs: 200,
      gossipFanout: 6,
      retransmitMultiplier: 7,
      suspicionMultiplier: 4.5,
      suspicionMaxMs: 30_000,
      syncIntervalMs: 8_000,
      syncTimeoutMs: 9_000,
      seedRetryMaxMs: 10_000,
      leaveTimeoutMs: 11_000,
      reapAfterMs: 86_400_000,
    })
  })

  test('addresses of host names, and its own port where it listens on one that was given', async () => {
    const local = { address: 'localhost', port: 7_950 }
    const { bindAddress, advertiseAddress, advertisePort, bindPort } = await told({
      bindAddress: 'localhost',
      bindPort: 7_946,
      local,
    })
    expect([bindAddress, advertiseAddress].every((address) => ['127.0.0.1', '::1'].includes(address))).toBe(
      true,
    )
    expect([bindPort, advertisePort]).toEqual([7_946, 7_950])
  })

  test('to advertise whatever port it finds', async () => {
    const { bindPort, advertisePort } = await told({ bindPort: 0, local: { port: 7_950 } })
    expect([bindPort, advertisePort]).toEqual([0, 0])
  })

  test('keys as their 32 bytes, in their order', async () => {
    const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const options = await told({ encryptionKeys: keys.map((key) => key.toString('base64')) })
    expect(options.keys.map((key) => Buffer.from(key))).toEqual(keys)
    expect((await told()).keys).toEqual([])
  })

  test('all that the node says of itself', () => {
    const local = { id: 'node1', address: 'db.example', port: 7_950, weight: 2.5, zone: 'east' }
    const state = { metadata: { rack: 'r1' }, isUpdating: true, load: 0.5, ports: { http: 8_080 } }
    expect(recordOf({ ...local, capabilities: ['read'] }, state)).toEqual({
      isUpdating: true,
      address: 'db.example',
      port: 7_950,
      ports: { http: 8_080 },
      weight: 2.5,
      zone: 'east',
      capabilities: ['read'],
      metadata: { rack: 'r1' },
      load: 0.5,
    })
  })

  test('what differs in nothing but the order of statuses as the same', async () => {
    const routableStatuses = [...HASH_RING.routableStatuses].reverse()
    expect((await told({ hashRing: { routableStatuses } })).shared).toEqual((await told()).shared)
  })

  test('everything that decides who owns a key, and of the seed only a trace', async () => {
    const usual = await told()
    const hashSeed = 123_456_789n
    const changes = [
      { hashFunction: 'sha256' },
      { hashSeed },
      { virtualNodeCount: 17 },
      { zoneAware: true },
      { routableStatuses: ['alive'] },
    ] as const
    for (const hashRing of changes) {
      const { shared } = await told({ hashRing })
      const differing = shared.filter((text, index) => text !== usual.shared[index])
      expect(differing, JSON.stringify(shared)).toHaveLength(1)
    }
    const seeded = (await told({ hashRing: { hashSeed } })).shared.join()
    expect(seeded).not.toContain('123456789')
    expect(seeded).not.toContain(hashSeed.toString(16))
  })
})

describe('a host name without an address', () => {
  test.each(['bindAddress', 'address'])('of %s is refused by name', async (where) => {
    const host = 'no-such-host.invalid'
    const changed = where === 'address' ? { local: { address: host } } : { bindAddress: host }
    const message = expect.stringContaining(`the host name ${host} has no address`) as unknown
    await expect(told(changed)).rejects.toThrow(refused('LISTEN_FAILED', { message }))
  })
})
