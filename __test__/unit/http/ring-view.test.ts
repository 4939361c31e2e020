import { describe, expect, test } from 'vitest'

import {
  HashRing,
  type PlanAnswer,
  type RingAnswer,
  SLICE_COUNT,
  type Slices,
  startHttpServer,
} from '../../../dist/index.js'
import { type HttpNode, httpNode, openStream, posted } from '../../helpers/http'
import { seeded } from '../../helpers/random'

const STEP = 2n ** 64n / BigInt(SLICE_COUNT)
const ROUTABLE = ['alive', 'suspected', 'updating']

const ringOf = async (node: HttpNode) => (await node.ask('/cluster/ring')).json as RingAnswer
const planOf = async (node: HttpNode, body: unknown) => {
  const { status, json, text } = await node.ask('/cluster/plan', posted(body))
  expect(status, text).toBe(200)
  return json as PlanAnswer
}

/** Who owns each slice, by the id. */
function ownersIn(slices: Slices, nodes: readonly { id: string }[]): (string | undefined)[] {
  const owners: (string | undefined)[] = []
  for (let at = 0; at < slices.length; at += 2) {
    for (let count = 0; count < slices[at + 1]!; count += 1) owners.push(nodes[slices[at]!]?.id)
  }
  return owners
}

/** The same by looking at every point for each of the tokens. */
function modelOwners(ring: HashRing): (string | undefined)[] {
  const isRoutable = new Map(ring.nodes().map(({ id, status }) => [id, ROUTABLE.includes(status)]))
  const points = ring.points().filter(({ node }) => isRoutable.get(node))
  return Array.from({ length: SLICE_COUNT }, (_, at) => {
    const token = BigInt(at) * STEP
    return (points.find((point) => point.token >= token) ?? points[0])?.node
  })
}

describe('the drawn ring', () => {
  test('has the owner of each slice, whatever the statuses and weights', async () => {
    await using node = await httpNode({ config: { cluster: { hashRing: { virtualNodeCount: 16 } } } })
    const { ring } = node.coordinator.routing
    const random = seeded('the drawn ring')
    for (let round = 0; round < 30; round += 1) {
      const id = `n${random.below(8)}`
      if (!ring.hasNode(id)) ring.addNode({ id, weight: 0.1 + random.below(30) / 10 })
      else if (random.oneIn(3)) ring.removeNode(id)
      else ring.setNodeStatus(id, random.pick(['alive', 'dead', 'leaving', 'suspected'] as const))
      const { slices, nodes, version } = await ringOf(node)
      expect(version).toBe(ring.version)
      expect(slices!.filter((_, at) => at % 2 === 1).reduce((sum, count) => sum + count, 0)).toBe(SLICE_COUNT)
      expect(ownersIn(slices!, nodes)).toEqual(modelOwners(ring))
    }
  })

  test('tells what changes without a new version: a status, a zone', async () => {
    await using node = await httpNode({})
    const { ring } = node.coordinator.routing
    ring.addNode('n2')
    const { version } = await ringOf(node)
    ring.setNodeStatus('n2', 'suspected')
    ring.updateNode('n2', { zone: 'north' })
    const after = await ringOf(node)
    expect(after.version).toBe(version)
    expect(after.nodes.find(({ id }) => id === 'n2')).toMatchObject({ status: 'suspected', zone: 'north' })
  })

  test('is nobody’s where no node may answer', async () => {
    await using node = await httpNode()
    node.coordinator.routing.ring.setNodeStatus('node1', 'leaving')
    const { slices, nodes, loadFactor } = await ringOf(node)
    expect([slices, loadFactor]).toEqual([[-1, SLICE_COUNT], 0])
    expect(nodes[0]).toMatchObject({ id: 'node1', status: 'leaving', share: 0, fairShare: 0, homeShare: 1 })
  })

  test('has the nodes as they are, the shares of the ring, and the last change', async () => {
    await using node = await httpNode()
    const { ring } = node.coordinator.routing
    ring.addNode({ id: 'node2', weight: 2, zone: 'west' })
    const changed = node.coordinator.events.once('ring:changed')
    ring.setNodeStatus('node1', 'suspected')
    ring.addNode('node3')
    const { payload, timestampMs } = await changed
    const answer = await ringOf(node)
    expect(answer).toMatchObject({
      version: ring.version,
      checksum: ring.checksum,
      hashFunction: 'xxhash64',
      virtualNodeCount: 256,
      replicationFactor: 3,
      pointCount: ring.pointCount,
      isSeeded: false,
      loadFactor: expect.closeTo(ring.getMetrics().loadFactor, 9),
    })
    const owned = new Map(ring.ownership().map((one) => [one.id, one]))
    expect(answer.nodes).toEqual(
      ring.nodes().map(({ id, status, statusSinceMs, weight, zone, pointCount }) => ({
        ...{ id, status, statusSinceMs, weight, ...(zone === undefined ? {} : { zone }), pointCount },
        share: owned.get(id)!.share,
        fairShare: owned.get(id)!.fairShare,
        homeShare: Number(owned.get(id)!.homeArc) / 2 ** 64,
        isLocal: id === 'node1',
      })),
    )
    expect(answer.lastChange!.version).toBeGreaterThanOrEqual(payload.version)
    expect(answer.lastChange!.timestampMs).toBeGreaterThanOrEqual(timestampMs)
    expect(JSON.stringify(answer)).not.toMatch(/"(token|arc|start|end|ranges|address)"/)
  })

  test('has the last change whatever the log has forgotten, until the server is closed', async () => {
    await using node = await httpNode({ config: { events: { logSize: 2 } } })
    const { events, routing } = node.coordinator
    const changed = events.once('ring:changed')
    routing.ring.addNode('node2')
    const { payload } = await changed
    for (let at = 0; at < 5; at += 1) events.publish('custom', { name: 'other' })
    expect(events.log({ types: 'ring:changed' })).toEqual([])
    expect((await ringOf(node)).lastChange).toMatchObject({ version: payload.version, transferCount: 1 })
    const { subscriberCount } = events.metrics()
    await expect(startHttpServer(node.coordinator, { port: node.server.port })).rejects.toThrow('in use')
    expect(events.metrics().subscriberCount).toBe(subscriberCount)
    await node.server.close()
    expect(events.metrics().subscriberCount).toBe(subscriberCount - 1)
  })

  test('is not drawn with more than 65,536 points', async () => {
    await using node = await httpNode()
    node.coordinator.routing.ring.addNode({ id: 'node2', weight: 256 })
    const { slices, pointCount } = await ringOf(node)
    expect([slices, pointCount]).toEqual([undefined, 65_792])
    const { before, after } = await planOf(node, { remove: ['node2'] })
    expect([before.slices, after.slices]).toEqual([undefined, undefined])
  })

  test('is worked out once for each version, however often it is asked for', async () => {
    await using node = await httpNode()
    const { ring } = node.coordinator.routing
    const points = ring.points.bind(ring)
    let count = 0
    ring.points = () => {
      count += 1
      return points()
    }
    for (let at = 0; at < 10; at += 1) await ringOf(node)
    expect(count).toBe(1)
    ring.addNode('node2')
    for (let at = 0; at < 10; at += 1) await ringOf(node)
    expect(count).toBe(2)
  })
})

describe('a plan', () => {
  test('tells what comes to be: before and after are those of the ring, and nothing is changed', async () => {
    await using node = await httpNode({ config: { cluster: { hashRing: { virtualNodeCount: 16 } } } })
    const { ring } = node.coordinator.routing
    ring.addNodes(['n1', { id: 'n2', weight: 2 }, 'n3'])
    ring.setNodeStatus('n3', 'suspected')
    const bodies = [
      { add: [{ id: 'n4', weight: 2, zone: 'b' }] },
      { remove: ['n1', 'node1'] },
      { update: [{ id: 'n2', weight: 0.5, zone: null }] },
      { update: [{ id: 'n3', status: 'dead' }] },
      { add: [{ id: 'a' }, { id: 'z' }], remove: ['n2'], update: [{ id: 'n3', weight: 3 }] },
      { remove: ['node1', 'n1', 'n2', 'n3'] },
    ]
    for (const body of bodies) {
      const { version, checksum } = ring
      const before = await ringOf(node)
      const planned = await planOf(node, body)
      expect([ring.version, ring.checksum]).toEqual([version, checksum])
      expect(planned.before.slices).toEqual(before.slices)
      expect(planned.before.nodes).toEqual(
        before.nodes.map(({ id, share, fairShare }) => ({ id, share, fairShare })),
      )
      using copy = HashRing.deserialize(ring.serialize())
      copy.plan(body as Parameters<HashRing['plan']>[0]).apply()
      expect(planned.after.checksum).toBe(copy.checksum)
      expect(ownersIn(planned.after.slices!, planned.after.nodes)).toEqual(modelOwners(copy))
      const sum = planned.transfers.reduce((total, { share }) => total + share, 0)
      expect(planned.movedShare).toBeCloseTo(sum, 9)
    }
  })

  test('is an event, and lists no more than the 256 largest transfers', async () => {
    await using node = await httpNode()
    const { routing, events } = node.coordinator
    routing.ring.addNodes(Array.from({ length: 30 }, (_, at) => `n${at}`))
    const add = Array.from({ length: 30 }, (_, at) => ({ id: `m${at}` }))
    const { transfers, transferCount, after } = await planOf(node, { add })
    expect([transfers.length, transferCount]).toEqual([256, 31 * 30])
    const [planned] = events.log({ types: 'rebalance:planned' })
    expect(planned!.payload).toMatchObject({ checksumAfter: after.checksum, transferCount })
  })

  test('of 1,000 nodes is worked out', async () => {
    await using node = await httpNode()
    const add = Array.from({ length: 1_000 }, (_, at) => ({ id: `n${at}` }))
    const { after } = await planOf(node, { add })
    expect(after.nodes).toHaveLength(1_001)
  })
})

const hashFunction = (bytes: Uint8Array) => {
  let token = 14_695_981_039_346_656_037n
  for (const byte of bytes) token = BigInt.asUintN(64, (token ^ BigInt(byte)) * 1_099_511_628_211n)
  return token
}

describe('a placement that is secret', () => {
  const seededNode = () => httpNode({ config: { cluster: { hashRing: { hashSeed: 123_456_789_012_345n } } } })

  test.each([
    ['by its seed', seededNode, 'xxhash64'],
    ['by a function of the user’s own', () => httpNode({ coordinator: { hashFunction } }), 'custom'],
  ])('%s: no path tells a token, a slice or a range', async (_, make, name) => {
    await using node = await make()
    const { routing, events } = node.coordinator
    const changed = events.once('ring:changed')
    routing.ring.addNodes(['node2', 'node3'])
    await changed
    const answer = await ringOf(node)
    expect(answer).toMatchObject({ isSeeded: true, hashFunction: name })
    expect(answer).not.toHaveProperty('slices')
    const planned = await planOf(node, { add: [{ id: 'node4' }] })
    expect(Object.keys(planned.before)).not.toContain('slices')
    expect(Object.keys(planned.after)).not.toContain('slices')

    const paths = ['/cluster/ring', '/cluster/members', '/cluster/route?key=a', '/cluster/events', '/metrics']
    const texts = await Promise.all([...paths, '/health', '/readyz'].map(async (path) => node.ask(path)))
    const stream = await openStream(node.server.port, '/events?after=0')
    const streamed = await stream.until((text) => text.includes('event: rebalance:planned'))
    stream.close()
    const everything = [...texts.map(({ text }) => text), JSON.stringify(planned), streamed].join('\n')
    expect(streamed).toMatch(/"transfers":\[\{"from":"node1"/)
    expect(everything).not.toMatch(/"(arc|movedArc|otherArc|token|slices|start|end|ranges|points|hashSeed)"/)
    const secrets = [...routing.ring.points().map(({ token }) => token), routing.ring.token('a')]
    for (const secret of [...secrets, 123_456_789_012_345n]) expect(everything).not.toContain(`${secret}`)
  })
})

test('a placement by sha256 is no secret', async () => {
  await using node = await httpNode({ config: { cluster: { hashRing: { hashFunction: 'sha256' } } } })
  expect(await ringOf(node)).toMatchObject({
    hashFunction: 'sha256',
    isSeeded: false,
    slices: [0, SLICE_COUNT],
  })
})
