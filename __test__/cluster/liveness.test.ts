/** The liveness of a node is that of the program that it serves, and no more of its main thread than that. */

import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ClusterConfigInput, CoordinatorService, Member } from '../../dist/index.js'
import { ChildCalls } from '../helpers/child-calls'
import { agree, eventsOf, freePorts, nodeConfig, seedAt, startNode, stopAll } from '../helpers/cluster'
import { until } from '../helpers/until'

vi.setConfig({ testTimeout: 90_000 })

const PROGRAM = join(__dirname, '../helpers/node-process.cjs')
const IDS = ['here', 'there', 'victim'] as const

const children: ChildCalls[] = []

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()))
  await stopAll()
})

/** A node in this process, and one in each of two others, which see each other. */
async function cluster(stallTimeoutSeconds: number) {
  const ports = await freePorts(IDS.length)
  const seeds = ports.map(seedAt)
  const configs = IDS.map((id, at): ClusterConfigInput => {
    const timers = { heartbeatIntervalSeconds: 0.2, stallTimeoutSeconds }
    return nodeConfig(id, ports[at]!, seeds, timers)
  })
  const here = await startNode(configs[0]!)
  const [there, victim] = await Promise.all(
    configs.slice(1).map(async (config) => {
      const child = new ChildCalls(PROGRAM)
      children.push(child)
      await child.call('start', { config })
      return child
    }),
  )
  await until(() => IDS.every((id) => here.membership.member(id)?.status === 'alive'))
  return { here, there: there!, victim: victim! }
}

const seen = ({ membership }: CoordinatorService, id: string): Partial<Member> => {
  const { status, doubt } = membership.member(id) ?? {}
  return { ...(status && { status }), ...(doubt && { doubt }) }
}

/** What was told of a member, with what it held against itself. */
const toldOf = (node: CoordinatorService, id: string) => {
  const events = eventsOf(node)
  return () =>
    events.flatMap(({ type, payload }) => {
      if (!type.startsWith('member:') || !('member' in payload) || payload.member.id !== id) return []
      return [`${type.slice('member:'.length)} ${payload.member.doubt ?? 'well'}`]
    })
}

const keyOf = (node: CoordinatorService, id: string) => {
  for (let at = 0; ; at += 1) if (node.routing.routeKey(`key:${at}`) === id) return `key:${at}`
}

describe('a main thread that stands still', () => {
  test('keeps no worker from seeing a death', async () => {
    const { here, there, victim } = await cluster(0)
    const key = keyOf(here, 'victim')
    expect(await there.call('watch', { key })).toBe('victim')
    const moved = there.call('blockUntilMoved', { mostMs: 60_000 })
    await victim.kill()
    await until(() => here.routing.routeKey(key) !== 'victim')
    const begunMs = performance.now()
    // Not "timed-out": the worker has seen it while the main thread stood still.
    expect(['ok', 'not-equal']).toContain(await moved)
    console.log(`the worker saw it ${(performance.now() - begunMs).toFixed(0)} ms after another node`)
  })

  test('is told of when its lease has run out, then gives up its keys, and takes them back', async () => {
    const { here, victim } = await cluster(0.6)
    const told = toldOf(here, 'victim')
    const key = keyOf(here, 'victim')
    const blocked = victim.call('block', { ms: 4_000 })
    await until(() => seen(here, 'victim').status === 'dead', told)
    expect(seen(here, 'victim')).toEqual({ status: 'dead', doubt: 'stalled' })
    expect(here.routing.routeKey(key)).not.toBe('victim')
    await blocked
    await until(() => seen(here, 'victim').status === 'alive', told)
    expect(seen(here, 'victim')).toEqual({ status: 'alive' })
    await until(() => here.routing.routeKey(key) === 'victim')
    expect(told().filter((text) => text.endsWith('stalled'))).toEqual(['suspected stalled', 'failed stalled'])
  })

  test('and hangs for good loses its keys for good', async () => {
    const { here, victim } = await cluster(0.6)
    const key = keyOf(here, 'victim')
    victim.tell('hang')
    await until(() => seen(here, 'victim').status === 'dead')
    expect(here.routing.routeKey(key)).not.toBe('victim')
    expect(victim.child.exitCode).toBeNull()
  })

  test('for less than its lease is told of to nobody', async () => {
    const { here, victim, there } = await cluster(20)
    const told = toldOf(here, 'victim')
    await victim.call('block', { ms: 500 })
    // What is told after that has come after anything that could have been told of it.
    await there.kill()
    await until(() => seen(here, 'there').status === 'dead')
    expect(told().filter((text) => text.endsWith('stalled'))).toEqual([])
  })
})

test.each([true, false])(
  'a program that cannot end is no member any more: uncaught error %s',
  async (byError) => {
    const { here, victim } = await cluster(0)
    victim.tell('end', { byError })
    await until(() => seen(here, 'victim').status === 'dead')
    expect(seen(here, 'victim')).toEqual({ status: 'dead' })
    expect(victim.child.exitCode).toBeNull()
  },
)

test('a node whose id an older process has is evicted, and starts again when that one is gone', async () => {
  const [port, other, third] = await freePorts(3)
  const config = (at: number, seeds: number[]) => nodeConfig('twin', at, seeds.map(seedAt))
  const older = await startNode(config(port!, []))
  const newer = await startNode(config(other!, []))
  const bridge = await startNode(nodeConfig('bridge', third!, [port!, other!].map(seedAt)))
  await until(() => newer.state === 'evicted')
  expect(older.state).toBe('ready')
  const report = await newer.health()
  expect([report.isReady, report.reasons[0]]).toEqual([false, 'coordinator: it is evicted'])
  expect(newer.metrics().state).toBe('evicted')
  expect(newer.routing.ring.nodeCount).toBe(0)
  await newer.stop()
  expect(newer.state).toBe('stopped')
  await older.close()
  await newer.start()
  await agree([newer, bridge])
})
