// A process that is a member: does what its parent asks for, and answers each.

'use strict'

const { resolve } = require('node:path')
const { GossipMembership } = require(resolve(__dirname, '../../dist/membership/gossip/gossip-membership.js'))

/** @type {InstanceType<typeof GossipMembership> | undefined} */
let membership

const calls = {
  join: async ({ options, seeds }) => {
    options.hashRing.hashSeed = BigInt(options.hashRing.hashSeed)
    membership = new GossipMembership(options)
    await membership.join(seeds)
    return membership.member(membership.localNodeId)
  },
  leave: async () => {
    await membership.leave()
    membership.close()
  },
  close: () => membership?.close(),
  update: (metadata) => membership.updateMetadata(metadata),
  members: () => membership.members(),
}

process.on('message', async ({ number, call, argument }) => {
  try {
    process.send({ number, value: await calls[call](argument) })
  } catch (error) {
    process.send({ number, problem: error.stack })
  }
})
// Told to end, or nobody is left to ask for anything.
for (const end of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(end, () => process.exit())
