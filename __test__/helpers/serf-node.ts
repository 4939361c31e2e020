/** A node with an agent that does what a test says, and a clock that is moved by hand. */

import { afterEach } from 'vitest'

import { type MembershipChange, SerfMembership } from '../../dist/index.js'
import { FakeSerfAgent } from './fake-serf-agent'
import { ManualClock } from './manual-clock'
import { serfOptions, serfTags } from './serf'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Given = Partial<Parameters<typeof serfOptions>[0]> & { leavesAgent?: boolean }

/** A node that has not joined. */
export async function made({ leavesAgent, ...given }: Given = {}) {
  const clock = new ManualClock()
  const agent = new FakeSerfAgent('local')
  const rpcAddress = await agent.listen()
  const options = { ...serfOptions({ id: 'local', rpcAddress, ...given }), leavesAgent }
  const membership = new SerfMembership(options, clock)
  const changes: MembershipChange[] = []
  membership.subscribe((change) => void changes.push(change))
  closing.push(
    () => agent.close(),
    () => membership.close(),
  )
  /** What was told since the last call: of whom, and what. */
  const told = () => changes.splice(0).map(({ type, member }) => `${type} ${member.id}`)
  return { clock, agent, membership, told, options }
}

/** A node that has joined. */
export async function joined(given?: Given) {
  const all = await made(given)
  await all.membership.join([])
  all.told()
  return all
}

/** Lets time pass, with turns for what comes over sockets in between, until something is done. */
export async function passing(clock: ManualClock, ms: number, done: Promise<unknown>) {
  let isDone = false
  void done.finally(() => (isDone = true)).catch(() => undefined)
  for (let passedMs = 0; passedMs < ms && !isDone; passedMs += 250) {
    await clock.advance(250)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await done
}

/** A member of the cluster, as an agent lists it. */
export const alive = (name: string, tags = serfTags()) => ({ name, status: 'alive', tags: { ...tags } })
