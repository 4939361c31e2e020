/** The parts of membership by a Serf agent that need none: tags, log lines, messages, doubts. */

import { describe, expect, test } from 'vitest'

import { SerfDoubts } from '../../../dist/membership/serf/serf-doubts.js'
import { logNews, NewLines } from '../../../dist/membership/serf/serf-log.js'
import {
  BroadcastParts,
  eventNameOf,
  partsOf,
  payloadOf,
  readPayload,
  type SerfMessage,
} from '../../../dist/membership/serf/serf-messages.js'
import { hashOptionsText, readTags, type Said } from '../../../dist/membership/serf/serf-tags.js'
import { validateClusterConfig } from '../../../dist/index.js'
import { ManualClock } from '../../helpers/manual-clock'
import { seeded } from '../../helpers/random'
import { CLUSTER_NAME, serfTags } from '../../helpers/serf'

const { hashRing } = validateClusterConfig({}).cluster
const common = { clusterName: CLUSTER_NAME, hashOptions: hashOptionsText(hashRing) }

describe('tags', () => {
  const said: Said = {
    address: 'fe80::1',
    port: 7_950,
    weight: 2.5,
    zone: 'east',
    capabilities: ['read', 'write, "too"'],
    metadata: { rack: 'r7', '__proto__ ': 'x', ü: '\u{1F600}' },
    incarnation: 7,
    startedAtMs: 1_700_000_000_000,
  }

  test('are read as they were written', () => {
    const checksum = '0123456789abcdef'
    expect(readTags('a', serfTags(said, checksum), common)).toEqual({ said, ringChecksum: checksum })
    expect(readTags('a', { ...serfTags(said), 'hc.later': 'unknown' }, common)).toMatchObject({ said })
  })

  test('of others are no member, and say why', () => {
    const other = (changed: object) => readTags('a', { ...serfTags(said), ...changed }, common)
    expect(readTags('a', { role: 'web' }, common)).toEqual({ reason: 'no_tags' })
    expect(other({ hc: 'another' })).toEqual({ reason: 'other_cluster' })
    expect(other({ 'hc.v': '2/1/1' })).toMatchObject({ reason: 'other_version' })
    for (const bad of [
      { 'hc.v': '1/x/1' },
      { 'hc.v': '1/1/0' },
      { 'hc.at': 'nowhere' },
      { 'hc.w': '-1' },
      { 'hc.w': 'NaN' },
      { 'hc.c': '{' },
      { 'hc.c': '7' },
      { 'hc.c': '["\\ud800"]' },
      { 'hc.m': '["a"]' },
      { 'hc.m': '{"a":7}' },
      { 'hc.z': '' },
    ]) {
      expect(other(bad), JSON.stringify(bad)).toMatchObject({ reason: 'bad_tags' })
    }
  })

  test('of a member with other hash options name what differs, and give no seed away', () => {
    const seed = 1_234_567_890_123_456_789n
    const hashOptions = hashOptionsText({
      ...hashRing,
      hashSeed: seed,
      virtualNodeCount: 64,
      zoneAware: true,
    })
    const read = readTags('a', serfTags(), { ...common, hashOptions })
    expect(read).toMatchObject({ reason: 'other_hash_options' })
    expect((read as { detail: string }).detail).toMatch(/another hash_seed, virtual_node_count, zone_aware:/)
    expect(hashOptions).not.toContain(String(seed))
  })

  test('of a member with a hash function of its own name that option', () => {
    const own = (factor: bigint) => hashOptionsText(hashRing, (bytes) => BigInt(bytes.length) * factor)
    const read = readTags('a', { ...serfTags(), 'hc.hash': own(5n) }, { ...common, hashOptions: own(3n) })
    expect((read as { detail: string }).detail).toMatch(/another hash_function: custom-\S+ there, custom-/)
  })
})

describe('lines of the log', () => {
  test.each([
    [
      '2026/11/25 19:44:59 [INFO] memberlist: Suspect b has failed, no acks received',
      { type: 'suspected', id: 'b' },
    ],
    [
      '2026/11/25 19:44:59 [INFO] memberlist: Suspect a has failed, no acks has failed, no acks received',
      { type: 'suspected', id: 'a has failed, no acks' },
    ],
    ['2026/11/25 19:44:59 [WARN] memberlist: Refuting a suspect message (from: b)', { type: 'refuted' }],
    ['2026/11/25 19:44:59 [WARN] memberlist: Refuting a dead message (from: b)', { type: 'refuted' }],
    ['2026/11/25 19:44:55 [INFO] serf: EventMemberJoin: b 127.0.0.1', { type: 'members' }],
    ['2026/11/25 19:44:55 [INFO] serf: EventMemberLeave (forced): b 127.0.0.1', { type: 'members' }],
    ['2026/11/25 19:44:55 [INFO] serf: EventMemberUpdate: a', { type: 'members' }],
    ['2026/11/25 19:44:55 [INFO] agent: Received event: member-join', undefined],
    ['2026/11/25 19:44:55 [DEBUG] memberlist: Failed ping: b (timeout reached)', undefined],
  ])('%s', (line, news) => {
    expect(logNews(line)).toEqual(news)
  })

  test('from before the connection are old', () => {
    const lines = new NewLines(4_711)
    const log = [
      '[INFO] memberlist: Suspect b has failed, no acks received',
      '[INFO] agent.ipc: Accepted client: 127.0.0.1:47111',
      '[INFO] agent.ipc: Accepted client: 127.0.0.1:4711',
      '[INFO] serf: EventMemberUpdate: a',
    ]
    expect(log.map((line) => lines.take(line))).toEqual([false, false, false, true])
    const others = new NewLines(1)
    expect(others.take(log[3]!)).toBe(false)
    others.begin()
    expect(others.take(log[3]!)).toBe(true)
  })
})

describe('messages', () => {
  const message = { originNodeId: 'a', name: 'deploy', data: '{"version":"1.2"}', lamportTime: 7 }
  const takeAll = (parts: BroadcastParts, messages: SerfMessage[]) =>
    messages.map((part) => parts.take(readPayload(payloadOf(part)) as Extract<SerfMessage, { kind: 'part' }>))

  test('of every kind are read as they were written', () => {
    const messages: SerfMessage[] = [
      { kind: 'lives', originNodeId: 'a', intervalMs: 5_000 },
      { kind: 'suspects', originNodeId: 'a', id: 'b' },
      { kind: 'refutes', originNodeId: 'a' },
    ]
    for (const one of messages) expect(readPayload(payloadOf(one))).toEqual(one)
  })

  test('the largest broadcast fits into events of 512 bytes, in every cluster', () => {
    for (const clusterName of ['c', 'c'.repeat(64), 'c'.repeat(255)]) {
      const name = 'n'.repeat(255)
      const largest = { originNodeId: 'o'.repeat(255), name, data: 'd'.repeat(257), lamportTime: 2 ** 52 }
      const eventName = eventNameOf(clusterName)
      const messages = partsOf(largest, eventName)
      for (const part of messages) {
        // What Serf makes of it, by its own form: five names of fields, a number of nine bytes, heads.
        expect(payloadOf(part).length + Buffer.byteLength(eventName) + 46).toBeLessThanOrEqual(512)
      }
      const taken = takeAll(new BroadcastParts(), messages.reverse())
      expect(taken.at(-1)).toEqual({ state: 'whole', message: largest })
      expect(taken.slice(0, -1).every(({ state }) => state === 'waiting')).toBe(true)
    }
  })

  test('that come again are told once', () => {
    const parts = new BroadcastParts()
    const messages = partsOf(message, eventNameOf('c'))
    expect(takeAll(parts, messages)).toEqual([{ state: 'whole', message }])
    expect(takeAll(parts, messages)).toEqual([{ state: 'known' }])
    expect(takeAll(parts, partsOf(message, eventNameOf('c')))).toEqual([{ state: 'whole', message }])
  })

  test('of which parts never come take no room for good', () => {
    const parts = new BroadcastParts()
    const first = partsOf({ ...message, data: 'd'.repeat(500) }, eventNameOf('c'))
    expect(first.length).toBeGreaterThan(1)
    takeAll(parts, first.slice(0, 1))
    for (let count = 0; count < 64; count += 1) {
      takeAll(parts, partsOf({ ...message, data: 'd'.repeat(500) }, eventNameOf('c')).slice(0, 1))
    }
    // The oldest was forgotten: its last part does not make it whole.
    expect(takeAll(parts, first.slice(1)).at(-1)!.state).toBe('waiting')
  })

  test('that are garbage are unreadable, and nothing else happens', () => {
    const random = seeded('that are garbage are unreadable')
    const valid = payloadOf(partsOf(message, 'hc:c')[0]!)
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = random.oneIn(2)
        ? Uint8Array.from({ length: random.below(60) }, () => random.below(256))
        : valid.map((byte) => (random.oneIn(20) ? random.below(256) : byte))
      const read = readPayload(bytes)
      if (read?.kind === 'part') new BroadcastParts().take(read)
    }
    expect(readPayload(new Uint8Array())).toBeUndefined()
  })
})

describe('doubts', () => {
  const timings = { suspicionMaxMs: 30_000, reapAfterMs: 100_000, heartbeatIntervalMs: 5_000 }

  test('a suspicion ends by itself, and counts as taken back', async () => {
    const clock = new ManualClock()
    const doubts = new SerfDoubts(clock, { ...timings, heartbeatIntervalMs: 1_000_000 })
    expect([doubts.suspect('a'), doubts.suspect('a')]).toEqual([true, false])
    expect([doubts.startedCount, doubts.state('a')]).toEqual([1, 'suspected'])
    await clock.advance(29_999)
    expect(doubts.state('a')).toBe('suspected')
    await clock.advance(1)
    expect([doubts.state('a'), doubts.refutedCount]).toEqual(['alive', 1])
  })

  test('a failure ends a suspicion, which was right then', () => {
    const doubts = new SerfDoubts(new ManualClock(), timings)
    doubts.suspect('a')
    expect(doubts.fail('a')).toBe('dead')
    expect([doubts.state('a'), doubts.refutedCount]).toEqual(['alive', 0])
  })

  test('a silent process is suspected, then dead, then forgotten, by its own interval', async () => {
    const clock = new ManualClock()
    const doubts = new SerfDoubts(clock, timings)
    doubts.hear('a', 2_000)
    doubts.hear('b')
    await clock.advance(6_000)
    expect([doubts.state('a'), doubts.state('b')]).toEqual(['suspected', 'alive'])
    await clock.advance(4_000)
    expect([doubts.state('a'), doubts.state('b')]).toEqual(['dead', 'alive'])
    doubts.hear('a')
    expect(doubts.state('a')).toBe('alive')
    await clock.advance(110_000)
    expect(doubts.state('a')).toBe('forgotten')
  })
})
