/** What the defaults take from the machine. */

import { hostname, networkInterfaces } from 'node:os'

import { isAnyAddress } from '../addresses.js'

/** Facts of a machine. */
export interface HostFacts {
  /** Its name. */
  readonly hostName: string
  /** Its IP addresses, in its own order. */
  readonly addresses: readonly { readonly address: string; readonly isInternal: boolean }[]
}

/** Bytes that a node id may have. */
const NODE_ID_BYTES_MAX = 255

let suffix: string | undefined

/** Facts of this machine. */
export function thisHost(): HostFacts {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => {
    return (found ?? []).map(({ address, internal }) => ({ address, isInternal: internal }))
  })
  return { hostName: hostname(), addresses }
}

/** A node id for who gives none: the same as long as the process lives. */
export function defaultNodeId({ hostName }: HostFacts): string {
  suffix ??= `-${crypto.randomUUID().slice(0, 6)}`
  const name = hostName.replace(/[\p{Cc}\p{Surrogate}]/gu, '') || 'node'
  const room = NODE_ID_BYTES_MAX - suffix.length
  // A character that is cut in two at the end goes altogether.
  return (
    Buffer.from(name)
      .subarray(0, room)
      .toString('utf8')
      .replace(/\uFFFD$/, '') + suffix
  )
}

/** Where others reach a node that listens on an address: there, or on an address of the machine. */
export function reachableAddress(bindAddress: string, { addresses }: HostFacts): string {
  if (!isAnyAddress(bindAddress)) return bindAddress
  const isV6 = bindAddress.includes(':')
  const found = addresses.find(({ address, isInternal }) => {
    return !isInternal && address.includes(':') === isV6 && !/^(169\.254\.|fe[89ab].:)/i.test(address)
  })
  return found?.address ?? (isV6 ? '::1' : '127.0.0.1')
}
