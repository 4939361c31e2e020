/**
 * The membership suite bites: for each planted defect, the rule that is meant for it fails. Over 400 lines,
 * because it is one list.
 */

import { describe, expect, test } from 'vitest'
import type {
  Member,
  MembershipChange,
  MembershipChangeType,
  MembershipProvider,
} from '../../../dist/index.js'
import { type MembershipUnderTest, membershipRules } from '../../conformance/membership'
import { otherMembersRules } from '../../conformance/membership-others'
import { overridden } from '../../helpers/overridden'
import { makeScripted } from '../../helpers/scripted-membership'

type Listener = (change: MembershipChange) => void
type Replaced = Partial<Record<keyof MembershipProvider, unknown>>
type Defect = [
  name: string,
  rule: string,
  plant: (provider: MembershipProvider, nowMs: () => number) => Replaced,
]

/** What subscribers are told goes through a function, which may tell less, more, or other things. */
function retold(
  provider: MembershipProvider,
  tell: (change: MembershipChange, listener: Listener) => void,
): Replaced {
  return {
    subscribe: (listener: Listener, options?: object) =>
      provider.subscribe(
        typeof listener === 'function' ? (change) => tell(change, listener) : listener,
        options,
      ),
  }
}

type BatchListener = (changes: readonly MembershipChange[]) => void

/** Batches that subscribers are told go through a function. */
const rebatched = (
  provider: MembershipProvider,
  tell: (batch: readonly MembershipChange[], listener: BatchListener) => void,
): Replaced => ({
  subscribeBatch: (listener: BatchListener, options?: object) =>
    provider.subscribeBatch(
      typeof listener === 'function' ? (batch) => tell(batch, listener) : listener,
      options,
    ),
})

const withFields = (change: MembershipChange, fields: object) => Object.freeze({ ...change, ...fields })
const withMember = (change: MembershipChange, fields: Partial<Member>) =>
  withFields(change, { member: Object.freeze({ ...change.member, ...fields }) })
const thawed = (member: Member): Member => ({ ...member })

const withLocal = (p: MembershipProvider, fields: Partial<Member>): Replaced => {
  const changed = (member: Member) => Object.freeze(member.isLocal ? { ...member, ...fields } : member)
  return {
    members: () => Object.freeze(p.members().map(changed)),
    member: (id: string) => {
      const member = p.member(id)
      return member && changed(member)
    },
  }
}
const withOneMore = (p: MembershipProvider, name: `${MembershipChangeType}Count`): Replaced => ({
  metrics: () => ({ ...p.metrics(), [name]: p.metrics()[name] + 1 }),
})
const withoutFields = (p: MembershipProvider, ...names: (keyof Member)[]): Replaced => ({
  member: (id: string) => {
    const member = p.member(id)
    return (
      member && Object.fromEntries(Object.entries(member).filter(([name]) => !names.includes(name as never)))
    )
  },
})

const CHANGE_TYPES = ['joined', 'left', 'failed', 'suspected', 'recovered', 'updated', 'reaped'] as const

const batchDefects: Defect[] = [
  [
    'loses a batch',
    'tells batches that are the changes, in order and once',
    (p) =>
      rebatched(p, (batch, listener) => {
        if (batch[0]!.type !== 'updated') listener(batch)
      }),
  ],
  [
    'tells a batch twice',
    'tells batches that are the changes, in order and once',
    (p) =>
      rebatched(p, (batch, listener) => {
        listener(batch)
        if (batch[0]!.type === 'left') listener(batch)
      }),
  ],
  [
    'lets batches be changed',
    'tells batches that are the changes, in order and once',
    (p) => rebatched(p, (batch, listener) => listener([...batch])),
  ],
  [
    'begins batches at nothing',
    'begins a subscription to batches at the view as it is',
    (p) => ({
      subscribeBatch: (listener: BatchListener, options?: object) =>
        Object.assign(p.subscribeBatch(listener, options), { members: Object.freeze([]), version: 0 }),
    }),
  ],
  [
    'does not hear a signal for batches',
    'ends a subscription to batches by each way to end it',
    (p) => ({ subscribeBatch: (listener: BatchListener) => p.subscribeBatch(listener) }),
  ],
  [
    'hides failures of subscribers to batches',
    'lets no subscriber to batches harm the others',
    (p) =>
      rebatched(p, (batch, listener) => {
        try {
          listener(batch)
        } catch {
          // Nobody learns of it.
        }
      }),
  ],
  [
    'takes anything as a listener to batches',
    'refuses batches to what is no listener, and after close',
    (p) => ({
      subscribeBatch: (listener: BatchListener | undefined, options?: object) =>
        p.subscribeBatch(listener ?? (() => undefined), options),
    }),
  ],
  [
    'tells a batch change by change',
    'tells members that join together in one batch, and each alone to others',
    (p) => rebatched(p, (batch, listener) => batch.forEach((change) => listener(Object.freeze([change])))),
  ],
  [
    'shows the members of a batch one by one',
    'tells members that join together in one batch, and each alone to others',
    (p) => {
      let version = 1
      return {
        ...retold(p, (change, listener) => {
          version = change.version
          listener(change)
        }),
        members: () => p.members().slice(0, version),
      }
    },
  ],
]

const defects: Defect[] = [
  ...batchDefects,
  ['is never empty', 'is empty before it joins', (p) => ({ members: () => [{ id: 'x' }, ...p.members()] })],
  [
    'joins later',
    'has the local member, alive, when join resolves',
    (p) => ({
      join: (seeds: string[]) => {
        setImmediate(() => void p.join(seeds).catch(() => undefined))
        return Promise.resolve()
      },
    }),
  ],
  [
    'tells no join',
    'tells that the local member joined',
    (p) =>
      retold(p, (change, listener) => {
        if (change.type !== 'joined') listener(change)
      }),
  ],
  [
    'joins twice',
    'does nothing where it has joined already',
    (p) => ({
      join: async (seeds: string[]) => {
        if (p.metrics().isJoined) p.updateMetadata({ joined: 'again' })
        else await p.join(seeds)
      },
    }),
  ],
  [
    'takes any seeds',
    'refuses seeds that are no list of texts, and stays as it was',
    (p) => ({
      join: () => p.join([]),
    }),
  ],
  [
    'calls a leave a failure',
    'is empty when leave resolves, and tells it as left, not as a failure',
    (p) =>
      retold(p, (change, listener) =>
        listener(change.type === 'left' ? withFields(change, { type: 'failed' }) : change),
      ),
  ],
  [
    'never leaves',
    'is empty when leave resolves, and tells it as left, not as a failure',
    () => ({
      leave: () => Promise.resolve(),
    }),
  ],
  [
    'takes part for ever',
    'is empty when leave resolves, and tells it as left, not as a failure',
    (p) => ({ metrics: () => ({ ...p.metrics(), isJoined: true }) }),
  ],
  [
    'has no address (Z-56)',
    'has the local member, alive, when join resolves',
    (p) => withLocal(p, { address: '' }),
  ],
  ['has no port (Z-56)', 'has the local member, alive, when join resolves', (p) => withLocal(p, { port: 0 })],
  [
    'refuses to leave twice',
    'does nothing where it leaves without taking part',
    (p) => ({
      leave: () => (p.metrics().isJoined ? p.leave() : Promise.reject(new Error('not joined'))),
    }),
  ],
  [
    'comes back as old',
    'can join again, as a newer version of itself',
    (p) => ({
      member: (id: string) => {
        const member = p.member(id)
        return member && Object.freeze({ ...member, incarnation: 1 })
      },
    }),
  ],
  [
    'loses a change',
    'tells every change to every subscriber, in order and once',
    (p) =>
      retold(p, (change, listener) => {
        if (change.member.metadata.step !== '3') listener(change)
      }),
  ],
  [
    'tells a change twice',
    'tells every change to every subscriber, in order and once',
    (p) =>
      retold(p, (change, listener) => {
        listener(change)
        if (change.member.metadata.step === '3') listener(change)
      }),
  ],
  [
    'tells only the first subscriber',
    'tells every change to every subscriber, in order and once',
    (p) => {
      let count = 0
      return { subscribe: (listener: Listener) => p.subscribe(count++ === 0 ? listener : () => undefined) }
    },
  ],
  [
    'skips a version',
    'counts versions up by one from where the subscription began',
    (p) => retold(p, (change, listener) => listener(withFields(change, { version: change.version * 2 }))),
  ],
  [
    'begins at nothing',
    'begins a subscription at the view as it is',
    (p) => ({
      subscribe: (listener: Listener) => Object.assign(p.subscribe(listener), { members: Object.freeze([]) }),
    }),
  ],
  [
    'keeps its subscriptions up to date',
    'keeps the view at which a subscription began as it was',
    (p) => ({
      subscribe: (listener: Listener, options?: object) =>
        Object.defineProperty(p.subscribe(listener, options), 'members', { get: () => p.members() }),
    }),
  ],
  [
    'subscribes a turn late',
    'has no gap between a subscription and the first look at the members',
    (p) => ({
      subscribe: (listener: Listener) => {
        setImmediate(() => p.subscribe(listener))
        return p.subscribe(() => undefined)
      },
    }),
  ],
  [
    'tells no time',
    'gives each change a time, what was before, and freezes it',
    (p) => retold(p, (change, listener) => listener(withFields(change, { timestampMs: 0 }))),
  ],
  [
    'tells nothing of before',
    'gives each change a time, what was before, and freezes it',
    (p) => retold(p, (change, listener) => listener(withFields(change, { previous: undefined }))),
  ],
  [
    'lets changes be changed',
    'gives each change a time, what was before, and freezes it',
    (p) => retold(p, (change, listener) => listener({ ...change })),
  ],
  [
    'lets a subscriber break the rest',
    'lets no subscriber harm the others',
    (p) => {
      let isBroken = false
      return retold(p, (change, listener) => {
        if (isBroken) return
        isBroken = true
        listener(change)
        isBroken = false
      })
    },
  ],
  [
    'takes no notice of a listener that rejects',
    'lets no subscriber harm the others',
    (p) =>
      retold(p, (change, listener) => {
        const answer: unknown = listener(change)
        void Promise.resolve(answer).catch(() => undefined)
      }),
  ],
  [
    'does not hear a stop',
    'tells nothing more once a subscription is stopped',
    (p) => ({
      subscribe: (listener: Listener, options?: object) => {
        const subscription = p.subscribe(listener, options)
        return Object.assign(() => undefined, subscription, { close: () => undefined })
      },
    }),
  ],
  [
    'does not hear a signal',
    'tells nothing more once a subscription is stopped',
    (p) => ({
      subscribe: (listener: Listener) => p.subscribe(listener),
    }),
  ],
  [
    'forgets that it listens to a signal',
    'leaves nothing on a signal once a subscription has ended',
    (p) => ({
      subscribe: (listener: Listener, { signal }: { signal?: AbortSignal } = {}) => {
        const subscription = p.subscribe(listener)
        signal?.addEventListener('abort', subscription)
        return subscription
      },
    }),
  ],
  [
    'leaves its listener on a signal when it is closed',
    'leaves nothing on a signal once a subscription has ended',
    (p) => ({
      subscribe: (listener: Listener, { signal }: { signal?: AbortSignal } = {}) => {
        const subscription = p.subscribe(listener)
        const stop = () => {
          signal?.removeEventListener('abort', stop)
          subscription()
        }
        signal?.addEventListener('abort', stop)
        return Object.assign(() => stop(), { close: stop, [Symbol.dispose]: stop })
      },
    }),
  ],
  [
    'tells newcomers of the change under way',
    'tells a subscriber that comes during a change only what follows',
    (p) => {
      let current: MembershipChange | undefined
      return {
        subscribe: (listener: Listener) => {
          if (current !== undefined) listener(current)
          return p.subscribe((change) => {
            current = change
            listener(change)
            current = undefined
          })
        },
      }
    },
  ],
  [
    'tells newcomers what waits to be told',
    'tells a subscriber nothing that was in the view at which it began, told or not',
    (p) => {
      const waiting: MembershipChange[] = []
      p.subscribe((change) => {
        waiting.push(change)
        setImmediate(() => void waiting.shift())
      })
      return {
        subscribe: (listener: Listener) => {
          const subscription = p.subscribe(listener)
          if (waiting.length > 0) setImmediate(() => listener(waiting.at(-1)!))
          return subscription
        },
      }
    },
  ],
  [
    'tells the newest first',
    'keeps one order where a subscriber makes a change itself',
    (p) => {
      const waiting: MembershipChange[] = []
      return retold(p, (change, listener) => {
        waiting.unshift(change)
        setImmediate(() => waiting.splice(0).forEach(listener))
      })
    },
  ],
  [
    'tells those that were stopped',
    'tells a subscriber that another one stops nothing more',
    (p) => ({
      subscribe: (listener: Listener) => {
        const stops: (() => void)[] = []
        stops.push(p.subscribe((change) => void setImmediate(() => listener(change))))
        return Object.assign(
          () => undefined,
          p.subscribe(() => undefined),
        )
      },
    }),
  ],
  [
    'takes anything as a listener',
    'refuses what is no listener, no signal or no option',
    (p) => ({
      subscribe: (listener: unknown, options?: object) =>
        p.subscribe(typeof listener === 'function' ? (listener as Listener) : () => undefined, options),
    }),
  ],
  [
    'ignores options',
    'refuses what is no listener, no signal or no option',
    (p) => ({
      subscribe: (listener: Listener, { signal }: { signal?: AbortSignal } = {}) =>
        p.subscribe(listener, { signal }),
    }),
  ],
  [
    'tells an update later',
    'tells new metadata before updateMetadata returns, with a higher incarnation',
    (p) => ({
      updateMetadata: (metadata: Record<string, string>) =>
        void queueMicrotask(() => p.updateMetadata(metadata)),
    }),
  ],
  [
    'merges metadata',
    'replaces all metadata, and keeps a copy',
    (p) => ({
      updateMetadata: (metadata: Record<string, string>) =>
        p.updateMetadata({ ...p.member(p.localNodeId)?.metadata, ...metadata }),
    }),
  ],
  [
    'calls everything a change',
    'takes equal metadata as no change',
    (p) => ({
      updateMetadata: (metadata: Record<string, string>) => {
        p.updateMetadata({ ...metadata, unlike: String(Math.random()) })
        p.updateMetadata(metadata)
      },
    }),
  ],
  [
    'repairs bad metadata',
    'refuses metadata out of bounds, and stays as it was',
    (p) => ({
      updateMetadata: (metadata: unknown) => {
        try {
          p.updateMetadata(metadata as Record<string, string>)
        } catch {
          p.updateMetadata({})
        }
      },
    }),
  ],
  [
    'keeps metadata for later',
    'refuses metadata where it takes no part',
    (p) => ({
      updateMetadata: (metadata: Record<string, string>) => {
        if (p.metrics().isJoined) p.updateMetadata(metadata)
      },
    }),
  ],
  [
    'hands out its own members',
    'freezes lists and members',
    (p) => ({ members: () => p.members().map(thawed) }),
  ],
  [
    'knows everybody',
    'knows no member by an id that is not there, and refuses what is no id',
    (p) => ({
      member: (id: string) => p.member(id) ?? p.members()[0],
    }),
  ],
  [
    'counts nothing',
    'counts members by status, changes by type, and subscribers',
    (p) => ({
      metrics: () => ({ ...p.metrics(), updatedCount: 0 }),
    }),
  ],
  ...(['joined', 'left', 'updated'] as const).map((type): Defect => [
    `counts one ${type} too many`,
    'counts members by status, changes by type, and subscribers',
    (p) => withOneMore(p, `${type}Count`),
  ]),
  ...CHANGE_TYPES.map((type): Defect => [
    `counts one ${type} too many among others`,
    'counts members by status',
    (p) => withOneMore(p, `${type}Count`),
  ]),
  [
    'takes now for the time of the last change (Z-28)',
    'tells when the last change was',
    (p, nowMs) => ({ metrics: () => ({ ...p.metrics(), lastChangeAtMs: nowMs() }) }),
  ],
  [
    'remembers the time of its first change',
    'tells when the last change was',
    (p) => {
      let firstMs: number | undefined
      return { metrics: () => ({ ...p.metrics(), lastChangeAtMs: (firstMs ??= p.metrics().lastChangeAtMs) }) }
    },
  ],
  [
    'counts all as alive',
    'counts members by status',
    (p) => ({
      metrics: () => ({ ...p.metrics(), membersByStatus: { alive: p.metrics().memberCount } }),
    }),
  ],
  [
    'tells after close',
    'tells nothing after close, and refuses what would need it',
    () => ({
      close: () => undefined,
      [Symbol.dispose]: () => undefined,
    }),
  ],
  [
    'says nothing of others',
    'tells that another member joined',
    (p) =>
      retold(p, (change, listener) => {
        if (change.member.isLocal) listener(change)
      }),
  ],
  ...(['port', 'zone', 'capabilities'] as const).map((name): Defect => [
    `forgets the ${name} of others`,
    'knows all that another member says of itself',
    (p) => withoutFields(p, name),
  ]),
  [
    'takes others for itself',
    'tells that another member joined',
    (p) => retold(p, (change, listener) => listener(withMember(change, { isLocal: true }))),
  ],
  [
    'sorts by UTF-16 units',
    'lists members in byte order of their ids',
    (p) => ({
      members: () => Object.freeze([...p.members()].sort((a, b) => (a.id < b.id ? -1 : 1))),
    }),
  ],
  [
    'hides suspicions',
    'tells a suspicion, and that it was taken back',
    (p) =>
      retold(p, (change, listener) => {
        if (change.type !== 'suspected') listener(change)
      }),
  ],
  [
    'calls a recovery an update',
    'tells a suspicion, and that it was taken back',
    (p) =>
      retold(p, (change, listener) =>
        listener(change.type === 'recovered' ? withFields(change, { type: 'updated' }) : change),
      ),
  ],
  [
    'drops who failed',
    'tells a failure as failed, keeps the member as dead, and tells its recovery',
    (p) => ({
      member: (id: string) => (p.member(id)?.status === 'dead' ? undefined : p.member(id)),
    }),
  ],
  [
    'tells a leave as a failure too',
    'tells an intended leave as left and never as a failure',
    (p) =>
      retold(p, (change, listener) => {
        if (change.type === 'left') listener(withFields(change, { type: 'failed' }))
        listener(change)
      }),
  ],
  [
    'calls who is forgotten left',
    'forgets a dead member as reaped, neither as left nor as failed again',
    (p) =>
      retold(p, (change, listener) =>
        listener(change.type === 'reaped' ? withFields(change, { type: 'left' }) : change),
      ),
  ],
  [
    'keeps who is forgotten',
    'forgets a dead member as reaped, neither as left nor as failed again',
    (p) => {
      let last: Member | undefined
      return { member: (id: string) => (last = p.member(id) ?? last) }
    },
  ],
  [
    'takes a new version for a new start',
    'tells when another member was started, which stays as it is',
    (p, nowMs) => ({
      member: (id: string) => {
        const member = p.member(id)
        return member && Object.freeze({ ...member, startedAtMs: nowMs() })
      },
    }),
  ],
  [
    'ignores metadata of others',
    'tells what a member says of itself, with its higher incarnation',
    (p) => ({
      member: (id: string) => {
        const member = p.member(id)
        return member && Object.freeze({ ...member, metadata: {} })
      },
    }),
  ],
  [
    'remembers old addresses',
    'knows a member that returns at another address by its new one',
    (p) => {
      const addresses = new Map<string, string>()
      return {
        ...retold(p, (change, listener) => {
          const { id, address } = change.member
          addresses.set(id, addresses.get(id) ?? address)
          listener(change)
        }),
        member: (id: string) => {
          const member = p.member(id)
          return member && Object.freeze({ ...member, address: addresses.get(id) ?? '127.0.0.2' })
        },
      }
    },
  ],
  [
    'tells subscribers different things',
    'gives changes of several members consecutive versions, to all subscribers alike',
    (p) => {
      let number = 0
      return {
        subscribe: (listener: Listener) => {
          const isOdd = number++ % 2 === 1
          return p.subscribe((change) => listener(isOdd ? withFields(change, { timestampMs: 1 }) : change))
        },
      }
    },
  ],
  [
    'leaves without a word about the others',
    'tells every member as left when it leaves itself, the local one last',
    (p) =>
      retold(p, (change, listener) => {
        if (change.type !== 'left' || change.member.isLocal) listener(change)
      }),
  ],
]

const rules = [...membershipRules, ...otherMembersRules]

function makeBroken(plant: Defect[2]): MembershipUnderTest {
  const made = makeScripted()
  return {
    ...made,
    membership: overridden<MembershipProvider>(made.membership, plant(made.membership, made.nowMs)),
  }
}

describe('a provider that', () => {
  test.each(defects)('%s breaks the rule: it %s', async (_, name, plant) => {
    const rule = rules.find((candidate) => candidate.name === name)
    expect(rule, `there is no rule ${name}`).toBeDefined()
    await expect(rule!.run(() => makeBroken(plant))).rejects.toThrow()
  })
})

describe('no rule is idle', () => {
  test('each is broken by one of the defects', () => {
    const named = new Set(defects.map(([, name]) => name))
    expect(rules.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([])
  })
})
