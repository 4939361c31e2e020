/** `hypercache members`: the members of a cluster, as a node that runs sees them. */

import { type Command, Option } from 'commander'

import type { Member } from '../cluster-types.js'
import { hostPort } from '../addresses.js'
import type { MembersAnswer, RingAnswer } from '../http/api.js'
import { jsonLine } from '../json.js'
import type { NodeStatus } from '../types.js'
import { oneLine } from './failure.js'
import { type NodeOptions, TOKEN_VARIABLE, nodeOf, withNodeOptions } from './node-options.js'
import { withExamples, withJsonOption } from './options.js'
import type { Output } from './output.js'
import { columns, glossary, grouped, named, percent } from './text.js'

const STATUSES: readonly NodeStatus[] = ['alive', 'suspected', 'dead', 'leaving', 'updating']

/** What a member may hold against itself, in words. */
const DOUBTS: Readonly<Record<NonNullable<Member['doubt']>, string>> = {
  stalled: 'the member says itself that its event loop stands still',
  unreachable: 'the member says itself that others cannot reach it at its address',
}

/** Members whose rings are compared. */
const LIVE: ReadonlySet<NodeStatus> = new Set(['alive', 'suspected', 'updating'])

interface MembersOptions extends NodeOptions {
  status?: NodeStatus[]
  json?: boolean
}

/** A member, and what it has of the ring; `null` where it is not on the ring. */
type Listed = Member & { share: number | null }

/** Adds `members`. */
export function addMembersCommand(program: Command, output: Output): void {
  const status = new Option('-s, --status <status...>', 'only members in this status; may be given again')
  const command = withNodeOptions(program.command('members'))
    .description('Print the members of a cluster, as a node that runs sees them')
    .addOption(status.choices(STATUSES))
    .action(async (options: MembersOptions) => members(options, output))
  withJsonOption(command, 'print the member as an object on each line')
  withExamples(command, [
    'hypercache members',
    'hypercache members --status suspected --status dead',
    'hypercache members --url http://10.0.0.5:8080 --json',
    `${TOKEN_VARIABLE}=$(cat token) hypercache members`,
  ])
}

async function members(options: MembersOptions, output: Output): Promise<void> {
  const client = nodeOf(options)
  const [answer, ring] = await Promise.all([client.members(), client.ring()])
  const shares = new Map(ring.nodes.map(({ id, share }) => [id, share]))
  const wanted = new Set(options.status ?? STATUSES)
  const listed = answer.members
    .filter(({ status }) => wanted.has(status))
    .map((member) => ({ ...member, share: shares.get(member.id) ?? null }))
  const lines =
    options.json === true ? listed.map((member) => jsonLine(member)) : report(answer, ring, listed, output)
  output.appendText(lines.map((line) => `${line}\n`).join(''))
  await output.flush()
}

/** Who there is, the table, and what its words mean. */
function report(
  answer: MembersAnswer,
  ring: RingAnswer,
  listed: readonly Listed[],
  { lineCells }: Output,
): string[] {
  const head = [summaryOf(answer), agreementOf(answer, ring)]
  if (listed.length === 0) return [...head, 'None of them is in a status that was asked for.']
  const words = [
    ['*', 'the node that was asked'],
    ...doubtsOf(listed).map((doubt) => [doubt, DOUBTS[doubt]]),
    ['since', 'when the node that was asked saw the status begin, in UTC'],
    ['share', 'the part of all keys that the member answers for'],
    ['incarnation', 'version of what the member says of itself; only it raises it'],
  ]
  return [...head, '', ...tableOf(listed), '', ...glossary(words, lineCells)]
}

function doubtsOf(listed: readonly Listed[]): NonNullable<Member['doubt']>[] {
  const doubts = listed.flatMap(({ doubt }) => (doubt === undefined ? [] : [doubt]))
  return [...new Set(doubts)].sort()
}

function summaryOf({ clusterName, localNodeId, members: all }: MembersAnswer): string {
  const counts = STATUSES.flatMap((status) => {
    const count = all.filter((member) => member.status === status).length
    return count === 0 ? [] : [`${grouped(count)} ${status}`]
  })
  const many = all.length === 1 ? '1 member' : `${grouped(all.length)} members`
  return `cluster ${named(clusterName)}, as ${named(localNodeId)} sees it: ${[many, ...counts].join(', ')}`
}

function agreementOf({ ringAgreement, members: all }: MembersAnswer, { checksum }: RingAnswer): string {
  if (ringAgreement === undefined) return `ring ${checksum}`
  const { agreeingCount, others } = ringAgreement
  const liveCount = all.filter(({ status }) => LIVE.has(status)).length
  const silentCount = liveCount - agreeingCount - others.length
  const parts = [`the same at ${grouped(agreeingCount)} of ${grouped(liveCount)} live members`]
  if (others.length > 0) parts.push(`another one at ${others.map(({ nodeId }) => named(nodeId)).join(', ')}`)
  if (silentCount > 0) parts.push(`${grouped(silentCount)} have not told theirs yet`)
  return `ring ${checksum}: ${parts.join('; ')}`
}

function tableOf(listed: readonly Listed[]): string[] {
  const rows = listed.map((member) => {
    const { id, status, doubt, address, port, zone, weight, share, incarnation } = member
    const { statusSinceMs, isLocal } = member
    return [
      isLocal ? '*' : '',
      named(id),
      doubt === undefined ? status : `${status}: ${doubt}`,
      new Date(statusSinceMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      oneLine(hostPort(address, port)),
      zone === undefined ? '–' : named(zone),
      grouped(weight),
      share === null ? '–' : percent(share),
      grouped(incarnation),
    ]
  })
  const header = ['', 'member', 'status', 'since', 'address', 'zone', 'weight', 'share', 'incarnation']
  const sides = header.map((name) =>
    name === 'weight' || name === 'share' || name === 'incarnation' ? 'right' : 'left',
  )
  return columns([header, ...rows], sides)
}
