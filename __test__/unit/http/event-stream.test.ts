import { describe, expect, test } from 'vitest'

import type { EventsLost } from '../../../dist/index.js'
import { type HttpNode, ask, httpNode, messagesIn, openStream } from '../../helpers/http'
import { ManualClock, settled } from '../../helpers/manual-clock'

const PING_MS = 15_000
const publish = ({ coordinator: { events } }: HttpNode, from: number, to: number) => {
  for (let at = from; at <= to; at += 1) events.publish('custom', { name: `n${at}`, data: { at } })
}
const last = ({ coordinator: { events } }: HttpNode) => events.log({ limit: 1 })[0]!.sequence
const sequencesIn = (text: string) => messagesIn(text).map(({ id }) => Number(id))
const has = (name: string) => (text: string) => text.includes(`"${name}"`) && text.endsWith('\n\n')
/** Beside the server itself, which follows the ring. */
const subscribers = ({ coordinator: { events } }: HttpNode) => events.metrics().subscriberCount - 1
/** Resolves when something has become so, in turns of the event loop. */
const becomes = async (isSo: () => boolean) => {
  while (!isSo()) await settled()
}

describe('a stream of events', () => {
  test('has each event from now on, with its number, its type and its JSON', async () => {
    await using node = await httpNode()
    const stream = await openStream(node.server.port, '/events')
    expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(stream.headers['cache-control']).toBe('no-store')
    await stream.until((text) => text.startsWith('retry: '))
    const before = last(node)
    publish(node, 1, 3)
    node.coordinator.events.publish('custom', { name: 'lines', data: 'a\nb\r\nevent: x\n\nü\u2028' })
    const messages = messagesIn(await stream.until(has('lines')))
    const logged = node.coordinator.events.log({ after: before })
    expect(messages.map(({ id }) => Number(id))).toEqual(logged.map(({ sequence }) => sequence))
    expect(messages.map(({ event }) => event)).toEqual(['custom', 'custom', 'custom', 'custom'])
    expect(messages.map(({ data }) => data)).toEqual(JSON.parse(JSON.stringify(logged)))
    stream.close()
    await becomes(() => subscribers(node) === 0)
  })

  test('has only the types that are asked for', async () => {
    await using node = await httpNode()
    const path = '/events?type=health:changed&type=rebalance:planned'
    const stream = await openStream(node.server.port, path)
    publish(node, 1, 3)
    node.coordinator.planRebalance({ add: ['node2'] }).close()
    const text = await stream.until((so) => so.includes('rebalance:planned') && so.endsWith('\n\n'))
    expect(messagesIn(text).map(({ event }) => event)).toEqual(['rebalance:planned'])
    // Arcs are texts: the numbers of JSON would round them.
    expect(messagesIn(text)[0]!.data).toMatchObject({ payload: { movedArc: expect.stringMatching(/^\d+$/) } })
    stream.close()
  })

  test.each([
    ['Last-Event-ID', (after: number) => ['/events', { 'last-event-id': String(after) }] as const],
    ['?after=', (after: number) => [`/events?after=${after}`, {}] as const],
    [
      'both, where the header is newer',
      (after: number) => ['/events?after=1', { 'last-event-id': `${after}` }] as const,
    ],
  ])('goes on where its client was: %s', async (_, asked) => {
    await using node = await httpNode()
    publish(node, 1, 10)
    const after = last(node) - 4
    const [path, headers] = asked(after)
    const stream = await openStream(node.server.port, path, { headers })
    publish(node, 11, 13)
    const text = await stream.until(has('n13'))
    expect(sequencesIn(text)).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => after + step))
    stream.close()
  })

  test('neither misses nor repeats events that come while it goes on', async () => {
    await using node = await httpNode({ config: { events: { logSize: 10_000 } } })
    const after = last(node)
    publish(node, 1, 3_000)
    const stream = await openStream(node.server.port, `/events?after=${after}`)
    // The replay is longer than a socket takes at once: these come in the middle of it.
    for (let at = 3_001; at <= 4_000; at += 1) {
      publish(node, at, at)
      if (at % 50 === 0) await settled()
    }
    const sequences = sequencesIn(await stream.until(has('n4000')))
    expect(sequences).toEqual(Array.from({ length: 4_000 }, (_, at) => after + 1 + at))
    stream.close()
  })

  test('has an event once that is published between its opening and the look at the log', async () => {
    await using node = await httpNode()
    const { events } = node.coordinator
    const after = last(node)
    const opened = events.stream.bind(events)
    events.stream = ((options: object) => {
      const stream = opened(options)
      publish(node, 1, 2)
      return stream
    }) as typeof events.stream
    const stream = await openStream(node.server.port, `/events?after=${after}`)
    await stream.until(has('n2'))
    publish(node, 3, 3)
    expect(sequencesIn(await stream.until(has('n3')))).toEqual([after + 1, after + 2, after + 3])
    stream.close()
  })

  test('tells how many events the log has no more', async () => {
    await using node = await httpNode({ config: { events: { logSize: 5 } } })
    publish(node, 1, 20)
    const newest = last(node)
    const stream = await openStream(node.server.port, `/events?after=${newest - 12}`)
    const messages = messagesIn(await stream.until(has('n20')))
    expect(messages[0]).toEqual({
      id: undefined,
      event: 'events:lost',
      data: { type: 'events:lost', lostCount: 7 },
    })
    expect(messages.slice(1).map(({ id }) => Number(id))).toEqual(
      [4, 3, 2, 1, 0].map((step) => newest - step),
    )
    stream.close()
  })

  test('begins with the whole log for a client that knew the node in an earlier life', async () => {
    await using node = await httpNode()
    const stream = await openStream(node.server.port, '/events?after=1000000')
    const text = await stream.until((so) => so.includes('coordinator:started'))
    expect(sequencesIn(text)[0]).toBe(1)
    stream.close()
  })

  test('shows each 15 seconds that it lives', async () => {
    const clock = new ManualClock()
    await using node = await httpNode({ server: { clock } })
    const stream = await openStream(node.server.port, '/events')
    await becomes(() => clock.timerCount > 0)
    await clock.advance(PING_MS - 1)
    expect(stream.text()).not.toContain(': ping')
    await clock.advance(1)
    expect(await stream.until((text) => text.includes(': ping\n\n'))).not.toContain('event:')
    stream.close()
    await becomes(() => clock.timerCount === 0)
  })

  test('is one of at most 100; one more is told to come again', async () => {
    await using node = await httpNode()
    const open = () => openStream(node.server.port, '/events')
    const streams = await Promise.all(Array.from({ length: 100 }, open))
    const refused = await node.ask('/events')
    expect(refused).toMatchObject({ status: 429, json: { code: 'ERR_HYPERCACHE_TOO_MANY_STREAMS' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await node.ask('/livez')).status).toBe(200)
    expect((await node.ask('/metrics')).text).toContain('hypercache_http_event_streams 100\n')
    streams[0]!.close()
    await becomes(() => subscribers(node) === 99)
    const next = await open()
    expect(next.status).toBe(200)
    for (const stream of [...streams, next]) stream.close()
    await becomes(() => subscribers(node) === 0)
    expect((await node.ask('/metrics')).text).toContain('hypercache_http_event_streams 0\n')
  })

  test('ends when the node stops, after it has told that', async () => {
    const node = await httpNode()
    const stream = await openStream(node.server.port, '/events')
    await stream.until((text) => text.startsWith('retry: '))
    await node.coordinator.close()
    await stream.ended
    expect(messagesIn(stream.text()).map(({ event }) => event)).toContain('coordinator:stopping')
  })
})

describe('a client that takes nothing', () => {
  const blob = 'x'.repeat(16_384)

  test('loses events, is told how many, and no more than its queue waits', async () => {
    await using node = await httpNode({ config: { events: { logSize: 10, queueLimit: 100 } } })
    const { events } = node.coordinator
    const stream = await openStream(node.server.port, '/events')
    await stream.until((text) => text.startsWith('retry: '))
    stream.socket.pause()
    const first = last(node) + 1
    // More than the buffers of both ends hold.
    for (let at = 0; at < 5_000; at += 1) {
      events.publish('custom', { name: 'big', data: blob })
      if (at % 10 === 0) await settled()
    }
    expect(events.metrics().queuedCount).toBeLessThanOrEqual(101)
    expect(events.metrics().droppedCount).toBeGreaterThan(0)
    stream.socket.resume()
    await becomes(() => events.metrics().queuedCount === 0)
    events.publish('custom', { name: 'after-it' })
    const messages = messagesIn(await stream.until(has('after-it')))
    const losses = messages.filter(({ event }) => event === 'events:lost')
    const lostCount = losses.reduce((sum, { data }) => sum + (data as EventsLost).lostCount, 0)
    expect(lostCount).toBe(events.metrics().droppedCount)
    // What came and what was lost is everything.
    expect(messages.length - losses.length + lostCount).toBe(last(node) - first + 1)
    stream.close()
  })

  test('is given up after two minutes', async () => {
    const clock = new ManualClock()
    await using node = await httpNode({ server: { clock } })
    const stream = await openStream(node.server.port, '/events')
    await stream.until((text) => text.startsWith('retry: '))
    stream.socket.pause()
    for (let at = 0; at < 2_000; at += 1) {
      node.coordinator.events.publish('custom', { name: 'big', data: blob })
      if (at % 10 === 0) await settled()
    }
    expect(subscribers(node)).toBe(1)
    await clock.advance(8 * PING_MS)
    await becomes(() => subscribers(node) === 0)
    expect((await ask(node.server.port, '/livez')).status).toBe(200)
    stream.close()
  })
})
