/** What the log of a node says of events, and how loud. */

import type { Logger } from 'pino'
import { expect, test } from 'vitest'

import { logEvents } from '../../dist/cli/log.js'
import { type CoordinatorService, SimpleEventBus } from '../../dist/index.js'
import { payloads, publishAll } from '../conformance/event-bus-subject'

test('every event has a line; what somebody may have to look into is a warning', () => {
  const lines: unknown[] = []
  const log = (level: string) => (fields: { event: string }, message: string) =>
    void lines.push([level, fields.event, message])
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn') } as unknown as Logger
  const events = new SimpleEventBus()
  logEvents({ events } as unknown as CoordinatorService, logger)
  publishAll(events)
  expect(lines).toEqual([
    ['info', 'member:joined', 'member node2 joined'],
    ['info', 'member:left', 'member node2 left'],
    ['warn', 'member:failed', 'member node2 failed'],
    ['warn', 'member:suspected', 'member node2 suspected'],
    ['info', 'member:recovered', 'member node2 recovered'],
    ['info', 'member:updated', 'member node2 updated'],
    ['info', 'member:reaped', 'member node2 reaped'],
    ['info', 'ring:changed', 'the ring changed: 50.00 % of the keys moved'],
    ['warn', 'ring:diverged', 'the ring differs from that of node2'],
    ['info', 'ring:agreed', 'all members have the same ring again'],
    ['debug', 'rebalance:planned', 'a change of the ring was planned'],
    ['info', 'coordinator:started', 'started'],
    ['info', 'coordinator:stopping', 'stopping'],
    ['info', 'coordinator:stopped', 'stopped'],
    ['warn', 'health:changed', 'not ready: store: no connection'],
    ['debug', 'broadcast', 'a broadcast'],
    ['debug', 'custom', 'a custom event'],
  ])
  expect(lines).toHaveLength(Object.keys(payloads).length)
})
