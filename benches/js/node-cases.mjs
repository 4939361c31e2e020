// What the parts of a node cost beyond the ring.

import assert from 'node:assert/strict'

import { RingRouting } from '../../dist/index.js'
import { measure } from './harness.mjs'
import { distinctKeys, perKey, ringOf } from './inputs.mjs'

/** Routing beside the ring that it asks. */
export function routing(size, effort) {
  const ring = ringOf(size)
  const routing = new RingRouting({ localNodeId: 'node1', ring, isSeeded: false })
  const keys = distinctKeys()
  for (const key of keys.slice(0, 1_000)) {
    assert.equal(routing.routeKey(key), ring.getNode(key))
    assert.equal(routing.isLocal(key), ring.getNode(key) === 'node1')
  }
  return measure(
    {
      getNode: perKey(keys, (key) => ring.getNode(key).length),
      routeKey: perKey(keys, (key) => routing.routeKey(key).length),
      isLocal: perKey(keys, (key) => (routing.isLocal(key) ? 1 : 0)),
    },
    effort,
  )
}
