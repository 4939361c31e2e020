/** Addresses: what they look like, and whom they can be reached by. */

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

const HOST_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

const ANY = new BlockList()
ANY.addAddress('0.0.0.0', 'ipv4')
ANY.addAddress('::', 'ipv6')

/** Whether a text is an IP address, or can be the name of a host. */
export function isAddress(value: string): boolean {
  if (isIP(value) !== 0) return true
  const labels = value.replace(/\.$/, '').split('.')
  // A last label of digits is a mistyped IPv4 address: no name ends in one.
  return (
    value.length <= 253 && labels.every((label) => HOST_LABEL.test(label)) && !/^\d+$/.test(labels.at(-1)!)
  )
}

/** Whether only this machine can reach an address: 127.0.0.0/8, ::1 in all its spellings, `localhost`. */
export function isLoopback(address: string): boolean {
  return /^localhost\.?$/i.test(address) || isListed(LOOPBACK, address)
}

/** Whether an address stands for all addresses of the machine: 0.0.0.0, or :: in all its spellings. */
export function isAnyAddress(address: string): boolean {
  return isListed(ANY, address)
}

/** An address with a port, as URLs write it: an IPv6 address in brackets. */
export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Whether a text is `host:port` or `[IPv6 address]:port`. */
export function isPeer(value: string): boolean {
  const [, v6, host, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(value) ?? []
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) return false
  return v6 !== undefined ? isIPv6(v6) : isAddress(host!)
}

function isListed(list: BlockList, address: string): boolean {
  if (isIPv4(address)) return list.check(address, 'ipv4')
  // A zone (`fe80::1%eth0`) is none of the address.
  const bare = address.replace(/%.*$/, '')
  return isIPv6(bare) && list.check(bare, 'ipv6')
}
