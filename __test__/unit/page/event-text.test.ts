import { describe, expect, test } from 'vitest'
import { eventTypes, sentenceOf, staleAfter } from '../../../page/event-text.js'
import { retryDelayMs } from '../../../page/live.js'
import type { EventType } from '../../../dist/events/event-map.js'

const said = (event: Parameters<typeof sentenceOf>[0]) =>
  sentenceOf(event)
    .map((piece) => (typeof piece === 'string' ? piece : piece.name))
    .join('')
    .replaceAll('\u00a0', ' ')

/** Every type there is, by its payload: the compiler wants it complete. */
const samples: Record<EventType, [unknown, string]> = {
  'member:joined': [{ member: { id: 'a', status: 'alive' } }, 'a joined'],
  'member:left': [
    { member: { id: 'a', status: 'alive' }, previous: { status: 'leaving' } },
    'a left on purpose: leaving → alive',
  ],
  'member:failed': [
    { member: { id: 'a', status: 'dead' }, previous: { status: 'suspected' } },
    'a failed: suspected → dead',
  ],
  'member:suspected': [
    { member: { id: 'a', status: 'suspected' }, previous: { status: 'alive' } },
    'a is suspected: alive → suspected',
  ],
  'member:recovered': [
    { member: { id: 'a', status: 'alive' }, previous: { status: 'dead' } },
    'a recovered: dead → alive',
  ],
  'member:updated': [
    { member: { id: 'a', status: 'alive' }, previous: { status: 'alive' } },
    'a was updated',
  ],
  'member:reaped': [
    { member: { id: 'a', status: 'dead' }, previous: { status: 'dead' } },
    'a was dead for long, and is forgotten',
  ],
  'ring:changed': [
    { version: 3, movedShare: 0.25, transfers: [{ from: 'a', to: 'b' }] },
    'Version 3: 25.0 % of all keys moved',
  ],
  'ring:diverged': [{ others: [{ nodeId: 'a' }, { nodeId: 'b' }] }, 'Another ring than this node has: a, b'],
  'ring:agreed': [
    { memberCount: 3, durationMs: 12_340 },
    'All 3 members have the same ring again, after 12.3 s',
  ],
  'rebalance:planned': [
    { movedShare: 0.5, transfers: [{ from: 'a', to: 'b' }] },
    'A plan: 50.0 % of all keys would move',
  ],
  'coordinator:started': [{ nodeId: 'a' }, 'a started'],
  'coordinator:stopping': [{ nodeId: 'a' }, 'a is stopping'],
  'coordinator:stopped': [{ nodeId: 'a' }, 'a stopped'],
  'health:changed': [{ isReady: false, reasons: ['x', 'y'] }, 'Not ready: x; y'],
  broadcast: [{ name: 'deploy', originNodeId: 'a' }, 'deploy from a'],
  custom: [{ name: 'deploy' }, 'deploy'],
}

describe('events', () => {
  test.each(Object.entries(samples))('of type %s are a sentence', (type, [payload, sentence]) => {
    expect(said({ type, payload })).toBe(sentence)
  })

  test('of every type can be filtered for', () => {
    expect([...eventTypes].sort()).toEqual(Object.keys(samples).sort())
  })

  test.each([
    [[{ from: null, to: 'a' }], 'a took over', 'a would take over', ' the whole ring'],
    [
      [
        { from: null, to: 'a' },
        { from: null, to: 'b' },
      ],
      '2 nodes took over',
      '2 nodes would take over',
      ' the whole ring',
    ],
    [[{ from: 'a', to: null }], 'Nobody owns', 'Nobody would own', ' keys any more'],
  ])(
    'of a ring that nobody owned, or that nobody owns any more, move nothing: %j',
    (transfers, is, would, rest) => {
      const payload = { version: 1, movedShare: 1, transfers }
      expect(said({ type: 'ring:changed', payload })).toBe(`Version 1: ${is}${rest}`)
      expect(said({ type: 'rebalance:planned', payload })).toBe(`A plan: ${would}${rest}`)
    },
  )

  test('that were lost, and of types of later releases, are told too', () => {
    expect(said({ type: 'events:lost', lostCount: 1 })).toBe(
      '1 event lost: they came faster than this page was sent them',
    )
    expect(said({ type: 'something:new', payload: {} })).toBe('something:new')
    expect(said({ type: 'toString', payload: {} })).toBe('toString')
  })

  test('say what has to be fetched anew', () => {
    expect(staleAfter('ring:changed')).toEqual({ ring: true, health: false })
    expect(staleAfter('member:failed')).toEqual({ ring: true, health: false })
    expect(staleAfter('member:reaped')).toEqual({ ring: true, health: false })
    expect(staleAfter('coordinator:stopping')).toEqual({ ring: false, health: true })
    expect(staleAfter('custom')).toEqual({ ring: false, health: false })
    expect(staleAfter('events:lost')).toEqual({ ring: true, health: true })
  })
})

describe('attempts to find the node again', () => {
  test('are further and further apart, up to half a minute, and not all at once', () => {
    expect([1, 2, 3, 6, 60, 5000].map((count) => retryDelayMs(count, 0))).toEqual([
      1000, 2000, 4000, 30_000, 30_000, 30_000,
    ])
    expect(retryDelayMs(1, 1)).toBe(800)
  })
})
