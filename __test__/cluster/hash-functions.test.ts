/** Nodes whose hash functions place keys otherwise form no cluster. */

import { afterEach, expect, test, vi } from 'vitest'
import { DistributedCoordinator, type HashFunction, HashRing } from '../../dist/index.js'
import { hashFunctionMark } from '../../dist/membership/hash-function-mark.js'
import { agree, freePorts, nodeConfig, ownersOf, seedAt, startNode, stopAll } from '../helpers/cluster'
import { closeMembers, gossipMember } from '../helpers/gossip'
import { refused } from '../helpers/refused'

vi.setConfig({ testTimeout: 60_000 })

afterEach(async () => {
  await stopAll()
  closeMembers()
})

/** FNV-1a with an offset: as many functions as numbers. */
const fnv =
  (offset: bigint): HashFunction =>
  (bytes) =>
    bytes.reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x100000001b3n) % 2n ** 64n, offset)

test('a function of ours is told by its name, any other one by what it answers', () => {
  expect([hashFunctionMark('xxhash64'), hashFunctionMark('sha256')]).toEqual(['xxhash64', 'sha256'])
  const [one, same, other] = [fnv(1n), fnv(1n), fnv(2n)].map((own) => hashFunctionMark('xxhash64', own))
  expect(one).toMatch(/^custom-[0-9a-f]{12}$/)
  expect(same).toBe(one)
  expect(other).not.toBe(one)
  // One of ours that is given as a function is another function all the same: nobody can know.
  const ring = new HashRing()
  expect(hashFunctionMark('xxhash64', (bytes) => ring.token(bytes))).toMatch(/^custom-/)
  ring.close()
  expect(() => hashFunctionMark('xxhash64', () => -1n)).toThrow(refused('HASH_FUNCTION_FAILED'))
})

test('three nodes with three functions are refused, and the option is named', async () => {
  const [first, ...others] = await freePorts(3)
  await startNode(nodeConfig('a', first!, []), { hashFunction: fnv(1n) })
  for (const [at, options] of [{ hashFunction: fnv(2n) }, {}].entries()) {
    const started = startNode(nodeConfig(`other${at}`, others[at]!, [seedAt(first!)]), options)
    await expect(started).rejects.toThrow(/hash_function is \S+; the cluster has custom-/)
    await expect(started).rejects.toThrow(refused('JOIN_REFUSED'))
  }
})

test('nodes with the same function form a cluster, and own the same keys', async () => {
  const ports = await freePorts(3)
  const seeds = ports.map(seedAt)
  const start = (at: number) =>
    startNode(nodeConfig(`node${at}`, ports[at]!, seeds), { hashFunction: fnv(0xcbf29ce484222325n) })
  const nodes = await Promise.all([0, 1, 2].map(start))
  await agree(nodes)
  for (const node of nodes) expect(ownersOf(node)).toEqual(ownersOf(nodes[0]!))
})

test('a membership that is given to a coordinator learns of its function', async () => {
  const [first] = await freePorts(1)
  await startNode(nodeConfig('a', first!, []))
  const config = { cluster: { nodeId: 'b', clusterName: 'hypercache', seeds: [seedAt(first!)] } }
  const membership = gossipMember('b', { clusterName: 'hypercache' })
  const coordinator = new DistributedCoordinator(config, membership, { hashFunction: fnv(1n) })
  await expect(coordinator.start()).rejects.toThrow(/hash_function is custom-\S+; the cluster has xxhash64/)
  await coordinator.close()
})
