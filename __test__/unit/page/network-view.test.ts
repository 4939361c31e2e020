import { describe, expect, test } from 'vitest'

import type { MembersAnswer, NodeStatus } from '../../../dist/index.js'
import { agreementOf, trafficOf } from '../../../page/network-view.js'

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ')

/** An answer about members in these statuses, some of whom have another ring. */
function answer(statuses: NodeStatus[], differing: string[] = [], isDiverged = false): MembersAnswer {
  const agreeingCount = statuses.filter((status) => status !== 'dead').length - differing.length
  const others = differing.map((nodeId) => ({ nodeId, checksum: 'f'.repeat(16) }))
  return {
    localNodeId: 'node1',
    clusterName: 'shop',
    version: 1,
    members: statuses.map((status) => ({ status }) as never),
    ringAgreement: { isDiverged, agreeingCount, differingCount: others.length, divergedCount: 0, others },
  }
}

describe('whether the rings agree', () => {
  test('is said of live members only, and in words', () => {
    expect(agreementOf(answer(['alive', 'suspected', 'dead']))).toEqual({
      look: 'is-good',
      mark: '✓',
      text: 'All 2 live members have the same ring.',
    })
    expect(agreementOf(answer(['alive', 'dead']))).toBeUndefined()
    const { ringAgreement: _, ...alone } = answer(['alive', 'alive'])
    expect(agreementOf(alone)).toBeUndefined()
  })

  test('a change that spreads is no fault, one that does not is', () => {
    const statuses: NodeStatus[] = ['alive', 'alive', 'alive']
    expect(agreementOf(answer(statuses, ['node3']))).toEqual({
      look: '',
      mark: '↻',
      text: 'A change is spreading: 2 of 3 live members have the same ring. Another one: node3.',
    })
    expect(agreementOf(answer(statuses, ['node2', 'node3'], true))).toEqual({
      look: 'is-bad',
      mark: '✕',
      text: 'For too long only 1 of 3 live members have the same ring. Another one: node2 and node3.',
    })
  })

  test('names a few', () => {
    const many = Array.from({ length: 9 }, (_, index) => `n${index}`)
    expect(agreementOf(answer(Array<NodeStatus>(10).fill('alive'), many))?.text).toContain(
      'Another one: n0, n1, n2, n3, n4 and 4 others.',
    )
  })
})

test('traffic says what is counted, and leaves out what is not', () => {
  const broadcasts = { broadcastsSentCount: 1, broadcastsReceivedCount: 2 }
  expect(trafficOf({ droppedByReason: {}, ...broadcasts })).toEqual([
    ['Dropped', 'none'],
    ['Broadcasts', '2 in, 1 out'],
  ])
  const rows = trafficOf({
    ...broadcasts,
    droppedByReason: { 'other key': 3, garbage: 0, 'other cluster': 1_200 },
    probesSentCount: 10,
    probesFailedCount: 1,
    datagramsReceivedCount: 5,
    datagramsSentCount: 6,
    convergenceMs: 52.74,
  })
  expect(Object.fromEntries(rows.map(([name, words]) => [name, plain(words)]))).toEqual({
    Datagrams: '5 in, 6 out',
    Dropped: '3 other key, 1,200 other cluster',
    Probes: '10 sent, 1 not answered',
    Broadcasts: '2 in, 1 out',
    'Last change': 'at all members after 52.7 ms',
  })
})
