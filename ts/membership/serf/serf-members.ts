/** The members that a Serf agent lists, as members of the cluster. */

import { warn } from '../../listeners.js'
import type { Member, MembershipChange, MembershipChangeType } from '../../cluster-types.js'
import { hostPort } from '../../addresses.js'
import { HyperCacheError } from '../../errors.js'
import { isSame } from '../local-node.js'
import {
  type Common,
  type ForeignReason,
  type ReadTags,
  readTags,
  type Said,
  type Tags,
} from './serf-tags.js'

/** A member as the agent lists it. */
export interface SerfMember {
  name: string
  /** `alive`, `leaving`, `left`, `failed` or `none`. */
  status: string
  tags: Tags
  /** `host:port` of the agent, by which others join it. */
  peer: string
}

/** The members in an answer to `members`. @throws ERR_HYPERCACHE_SERF_UNREACHABLE for anything else. */
export function serfMembers(body: unknown): SerfMember[] {
  const list = (body as { Members?: unknown } | undefined)?.Members
  if (!Array.isArray(list)) throw noMembers()
  return list.map((item: unknown) => {
    const { Name: name, Status: status, Tags: tags, Addr: addr, Port: port } = fieldsOf(item)
    if (typeof name !== 'string' || typeof status !== 'string') {
      throw noMembers()
    }
    return { name, status, tags: textsOf(tags), peer: hostPort(addressOf(addr), Number(port)) }
  })
}

function fieldsOf(item: unknown): Record<string, unknown> {
  return (item ?? {}) as Record<string, unknown>
}

/** The text of an address of 4 or 16 bytes. */
function addressOf(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) return ''
  const isMapped =
    bytes.length === 16 && bytes.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255))
  if (bytes.length === 4 || isMapped) return bytes.subarray(-4).join('.')
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/.{4}(?!$)/g, '$&:')
}

function noMembers(): HyperCacheError {
  const message = 'the Serf agent answered something else than members with name and status'
  return new HyperCacheError('ERR_HYPERCACHE_SERF_UNREACHABLE', message)
}

function textsOf(tags: unknown): Tags {
  const entries = typeof tags === 'object' && tags !== null ? Object.entries(tags) : []
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** A Serf member as it is listed. */
export interface Listed {
  readonly peer: string
  readonly status: 'alive' | 'leaving' | 'dead' | 'left'
  readonly read: ReadTags
}

/**
 * Reads lists of members one after another. Tags are only read again where they are others than in the list
 * before, and what is no member is told once, for as long as it is none for the same reason.
 */
export class MemberReader {
  readonly #common: Common
  readonly #onForeign: (reason: ForeignReason) => void
  #known = new Map<string, { key: string; read: ReadTags }>()

  /** @param onForeign Called for a Serf member that is none of ours. */
  constructor(common: Common, onForeign: (reason: ForeignReason) => void) {
    this.#common = common
    this.#onForeign = onForeign
  }

  /** All that a list has, by id. */
  read(list: readonly SerfMember[]): Map<string, Listed> {
    const known = new Map(list.map(({ name, tags }) => [name, this.#read(name, tags)]))
    this.#known = known
    return new Map(
      list.map(({ name, status, peer }) => [
        name,
        { peer, status: STATUSES[status] ?? 'left', read: known.get(name)!.read },
      ]),
    )
  }

  /**
   * Members that should be ours, and cannot be taken: a line for each. Where others agree with this node it
   * is they who are odd, and nothing stands against this one.
   */
  problems(): string[] {
    const agreeing = [...this.#known.values()].filter(({ read }) => read.reason === undefined)
    if (agreeing.length > 1) return []
    return [...this.#known].flatMap(([id, { read }]) =>
      read.reason === undefined || read.detail === undefined ? [] : [`${id} is no member: ${read.detail}`],
    )
  }

  #read(id: string, tags: Tags): { key: string; read: ReadTags } {
    const key = JSON.stringify(tags)
    const known = this.#known.get(id)
    if (known?.key === key) return known
    const read = readTags(id, tags, this.#common)
    // A change of other tags is nothing new of who is no member.
    const { reason } = read
    if (reason !== undefined && reason !== 'left' && reason !== known?.read.reason) {
      this.#onForeign(reason)
      if (read.detail !== undefined) warn('ERR_HYPERCACHE_STRANGER', `${id} is no member: ${read.detail}`)
    }
    return { key, read }
  }
}

const STATUSES: Readonly<Record<string, Listed['status']>> = {
  alive: 'alive',
  leaving: 'leaving',
  failed: 'dead',
}

/** How a member is now. */
export interface Next {
  readonly id: string
  readonly status: Member['status']
  readonly said: Said
}

/** A change of the view that is due. */
export type DueChange = Pick<MembershipChange, 'type' | 'member'>

/**
 * What has to change in the view for one member.
 *
 * @param known The member in the view.
 * @param next What it is now; absent for one that the agent lists no more, or that takes no part any more.
 * @param nowMs The time of the change.
 */
export function dueChange(
  known: Member | undefined,
  next: Next | undefined,
  nowMs: number,
): DueChange | undefined {
  if (next === undefined) {
    if (known === undefined) return undefined
    if (known.status === 'dead') return { type: 'reaped', member: known }
    return { type: 'left', member: { ...known, status: 'leaving', statusSinceMs: nowMs } }
  }
  const { id, status, said } = next
  const statusSinceMs = known?.status === status ? known.statusSinceMs : nowMs
  const member: Member = { ...said, id, status, statusSinceMs, isLocal: known?.isLocal ?? false }
  if (known === undefined) return { type: 'joined', member }
  if (known.status !== status) return { type: statusChange(known.status, status), member }
  return saysTheSame(known, said) ? undefined : { type: 'updated', member }
}

function statusChange(before: Member['status'], now: Member['status']): MembershipChangeType {
  if (now === 'dead') return 'failed'
  if (now === 'suspected') return 'suspected'
  const wasDoubted = before === 'dead' || before === 'suspected'
  return wasDoubted && now === 'alive' ? 'recovered' : 'updated'
}

function saysTheSame(a: Said, b: Said): boolean {
  return (
    a.startedAtMs === b.startedAtMs &&
    a.incarnation === b.incarnation &&
    a.address === b.address &&
    a.port === b.port &&
    a.weight === b.weight &&
    a.zone === b.zone &&
    a.capabilities.length === b.capabilities.length &&
    a.capabilities.every((capability, index) => capability === b.capabilities[index]) &&
    isSame(a.metadata, b.metadata)
  )
}
