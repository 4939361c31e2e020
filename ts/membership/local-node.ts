/** The node of this process: what is told of it to others. */

import type { ClusterSection } from '../config/cluster-config.js'
import { HashRing } from '../ring/hash-ring.js'
import type { NodeSpec, RingNode } from '../types.js'

/** The node of this process, as the configuration describes it. */
export interface LocalNode extends Omit<NodeSpec, 'status' | 'address'> {
  /** Where others would reach it: an IP address or a host name. */
  address: string
  /** 1 to 65,535. */
  port: number
}

type LocalSettings = Pick<
  ClusterSection,
  'nodeId' | 'advertiseAddress' | 'advertisePort' | 'weight' | 'zone' | 'capabilities' | 'metadata'
>

/** The node of this process that a configuration describes. */
export function localNodeOf(cluster: LocalSettings): LocalNode {
  const { nodeId: id, advertiseAddress: address, advertisePort: port } = cluster
  const { weight, zone, capabilities, metadata } = cluster
  return { id, address, port, weight, zone, capabilities, metadata }
}

/** The node as a ring would keep it: what no ring takes is refused by the ring's own rules. */
export function asRingKeepsIt({ port: _, ...spec }: LocalNode): RingNode {
  const ring = new HashRing({ nodes: [spec], virtualNodeCount: 1 })
  try {
    return ring.nodes()[0]!
  } finally {
    ring.close()
  }
}

/** Whether both have the same names with the same texts. */
export function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
