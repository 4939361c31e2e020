import { expect, test } from 'vitest'
import {
  HashRing,
  type Member,
  type MembershipChange,
  type MembershipChangeType,
  type RingChange,
  RingRouting,
} from '../../../dist/index.js'
import { settled } from '../../helpers/manual-clock'
import { refused } from '../../helpers/refused'

const memberOf = (id: string, fields: Partial<Member> = {}): Member => ({
  id,
  address: '127.0.0.1',
  port: 7946,
  status: 'alive',
  statusSinceMs: 0,
  weight: 1,
  capabilities: [],
  metadata: {},
  incarnation: 1,
  startedAtMs: 0,
  isLocal: false,
  ...fields,
})
const changeOf = (type: MembershipChangeType, id: string, fields?: Partial<Member>): MembershipChange => ({
  type,
  member: memberOf(id, fields),
  timestampMs: 0,
  version: 1,
})
const routingOf = (ring: HashRing) => new RingRouting({ localNodeId: 'local', ring, isSeeded: false })

test('a whole cluster that is joined is one change of the ring', async () => {
  using ring = new HashRing()
  const changes: RingChange[] = []
  ring.watch((change) => void changes.push(change))
  routingOf(ring).follow(Array.from({ length: 50 }, (_, at) => changeOf('joined', `node${at}`)))
  for (let turn = 0; turn < 5; turn += 1) await settled()
  expect(ring.nodeCount).toBe(50)
  expect(changes.map(({ previousVersion, version }) => [previousVersion, version])).toEqual([[1, 2]])
})

test('who is dead stays on the ring and answers nothing; who left or was reaped is gone', () => {
  using ring = new HashRing()
  const routing = routingOf(ring)
  routing.follow(['a', 'b', 'c', 'd'].map((id) => changeOf('joined', id)))
  routing.follow([changeOf('failed', 'a', { status: 'dead' }), changeOf('failed', 'b', { status: 'dead' })])
  expect(ring.nodes().map(({ id, status }) => `${id} ${status}`)).toEqual([
    'a dead',
    'b dead',
    'c alive',
    'd alive',
  ])
  const { version, checksum } = ring
  // Nobody asked them any more: that they are forgotten moves no key.
  routing.follow([changeOf('reaped', 'a', { status: 'dead' })])
  expect(ring.nodes().map(({ id }) => id)).toEqual(['b', 'c', 'd'])
  expect({ version: ring.version, checksum: ring.checksum }).toEqual({ version, checksum })
  routing.follow([changeOf('left', 'c'), changeOf('reaped', 'b')])
  expect(ring.nodes().map(({ id }) => id)).toEqual(['d'])
})

test('nodes that were added by hand, and loads, outlive a batch', () => {
  using ring = new HashRing()
  const routing = routingOf(ring)
  ring.addNode({ id: 'by hand', zone: 'west', weight: 2, metadata: { rack: 'r7' } })
  routing.follow([changeOf('joined', 'a'), changeOf('joined', 'b')])
  ring.updateNodeLoad('a', 0.5)
  ring.setNodeStatus('by hand', 'suspected')
  ring.acquire('by hand')
  const before = ring.node('by hand')
  routing.follow([changeOf('left', 'b'), changeOf('updated', 'a', { zone: 'east' }), changeOf('joined', 'c')])
  expect(ring.node('by hand')).toEqual(before)
  expect(ring.node('a')).toMatchObject({ zone: 'east', load: 0.5 })
  routing.follow([changeOf('updated', 'a'), changeOf('left', 'c')])
  expect(ring.node('a')!.zone).toBeUndefined()
})

test('one member that the ring cannot take keeps no other one out', () => {
  using ring = new HashRing()
  const routing = routingOf(ring)
  const batch = [
    changeOf('joined', 'a'),
    changeOf('joined', 'too heavy', { weight: 1e9 }),
    changeOf('joined', 'b'),
  ]
  expect(() => routing.follow(batch)).toThrow(refused('TOO_MANY_POINTS'))
  expect(ring.nodes().map(({ id }) => id)).toEqual(['a', 'b'])
})
