/** Gossip keeps the contract of memberships: the other members are processes that are stopped and killed. */

import { afterAll, describe, vi } from 'vitest'
import { GossipMembership } from '../../../dist/membership/gossip/gossip-membership.js'
import { membershipConformance } from '../../conformance/membership'
import type { MembershipUnderTest, OtherMember } from '../../conformance/membership'
import { addressOf, gossipOptions } from '../../helpers/gossip'
import { LateSeed } from '../../helpers/late-seed'
import { MemberProcess } from '../../helpers/member-process'
import { until } from '../../helpers/until'

// Failures are found in seconds, and the machine has other things to do.
vi.setConfig({ testTimeout: 60_000 })

/** Nothing more is told after this time without anything. */
const QUIET_MS = 60
const REAP_AFTER_SECONDS = 3

const idle: MemberProcess[] = []
const all: MemberProcess[] = []

function memberProcess(): MemberProcess {
  const reused = idle.pop()
  if (reused !== undefined) return reused
  const made = new MemberProcess()
  all.push(made)
  return made
}

afterAll(() => Promise.all(all.map((member) => member.kill())))

/** Asks a seed besides, where it is given none. */
class SeededMembership extends GossipMembership {
  readonly #seed: string

  constructor(seed: string) {
    super(gossipOptions('local', { gossip: { reapAfterSeconds: REAP_AFTER_SECONDS } }))
    this.#seed = seed
  }

  override join(seeds: readonly string[]): Promise<void> {
    return super.join(Array.isArray(seeds) && seeds.length === 0 ? [this.#seed] : seeds)
  }
}

/** Other members, each a process. Everything resolves when the membership under test has learned of it. */
class Processes {
  readonly #membership: GossipMembership
  readonly #seed: LateSeed
  readonly #members = new Map<string, MemberProcess>()

  constructor(membership: GossipMembership, seed: LateSeed) {
    this.#membership = membership
    this.#seed = seed
  }

  async join(member: OtherMember): Promise<void> {
    await this.#start(member, [addressOf(this.#membership)])
    await this.#sees(member.id, 'alive')
  }

  async joinTogether(members: readonly OtherMember[]): Promise<void> {
    const [first, ...rest] = members
    const { address, port } = await this.#start(first!, [])
    for (const member of rest) await this.#start(member, [`${address}:${port}`])
    const firstProcess = this.#members.get(first!.id)!
    while ((await firstProcess.members()).length < members.length);
    this.#seed.lead(port)
    for (const { id } of members) await this.#sees(id, 'alive')
  }

  async leave(id: string): Promise<void> {
    const process = this.#members.get(id)!
    await process.leave()
    this.#members.delete(id)
    idle.push(process)
    await this.#sees(id, undefined)
  }

  async suspect(id: string): Promise<void> {
    this.#members.get(id)!.stop()
    await this.#sees(id, 'suspected')
  }

  async fail(id: string): Promise<void> {
    await this.#members.get(id)!.kill()
    this.#members.delete(id)
    await this.#sees(id, 'dead')
  }

  reap(id: string): Promise<void> {
    return this.#sees(id, undefined)
  }

  async recover(id: string): Promise<void> {
    const stopped = this.#members.get(id)
    if (stopped === undefined) await this.#start({ id }, [addressOf(this.#membership)])
    else stopped.goOn()
    await this.#sees(id, 'alive')
  }

  async update(id: string, metadata: Record<string, string>): Promise<void> {
    await this.#members.get(id)!.update(metadata)
    await until(() => isSame(this.#membership.member(id)?.metadata, metadata))
  }

  async close(): Promise<void> {
    for (const process of this.#members.values()) {
      process.goOn()
      await process.close()
      idle.push(process)
    }
  }

  async #start({ id, address = '127.0.0.1', port = 0, ...said }: OtherMember, seeds: readonly string[]) {
    const process = memberProcess()
    this.#members.set(id, process)
    const local = { address, port: port || 1, ...said }
    return process.join(gossipOptions(id, { local, bindAddress: address, bindPort: port }), seeds)
  }

  #sees(id: string, status: string | undefined): Promise<void> {
    const seen = () => this.#membership.member(id)?.status
    return until(
      () => seen() === status,
      () => `${id} to be ${status}; it is ${seen()}`,
    )
  }
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

async function makeGossip(): Promise<MembershipUnderTest> {
  const seed = await LateSeed.listen()
  const membership = new SeededMembership(seed.address)
  const others = new Processes(membership, seed)
  let changedMs = 0
  const changed = () => void (changedMs = performance.now())
  return {
    membership,
    settle: async () => {
      // Another one than the rule's: it counts subscribers.
      changed()
      let { version } = membership.metrics()
      await until(() => {
        const now = membership.metrics().version
        if (now !== version) changed()
        version = now
        return performance.now() - changedMs >= QUIET_MS
      })
    },
    nowMs: () => Date.now(),
    advance: (ms) => {
      const endMs = Date.now() + ms
      return until(() => Date.now() >= endMs)
    },
    others,
    close: async () => {
      membership.close()
      await others.close()
      seed.close()
    },
  }
}

describe('GossipMembership keeps the contract', () => {
  membershipConformance(makeGossip)
})
