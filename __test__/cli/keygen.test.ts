import { describe, expect, test } from 'vitest'

import { complaintOf, run } from './run-cli.js'

describe('keygen', () => {
  test('prints one line, base64 of 32 bytes, and nothing else', () => {
    const { code, text, stderr } = run(['keygen'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(text).toMatch(/^[A-Za-z0-9+/]{43}=\n$/)
    expect(Buffer.from(text, 'base64')).toHaveLength(32)
  })

  test('prints another key each time, with half of the bits set', () => {
    const keys = Array.from({ length: 6 }, () => Buffer.from(run(['keygen']).text, 'base64'))
    expect(new Set(keys.map(String)).size).toBe(6)
    // Of 1,536 random bits: 13 standard deviations.
    const ones = keys.flatMap((key) => [...key].map((byte) => byte.toString(2).replaceAll('0', '').length))
    const count = ones.reduce((sum, one) => sum + one)
    expect(Math.abs(count - 768)).toBeLessThan(260)
  })

  test('what it prints is a key of a configuration, and two of them are, newest first', () => {
    const keys = [run(['keygen']).text.trimEnd(), run(['keygen']).text.trimEnd()]
    const open = [
      '--node-id',
      'n',
      '--set',
      'cluster.membership=gossip',
      '--set',
      'cluster.bind_address=0.0.0.0',
    ]
    expect(complaintOf(['config', 'show', ...open])).toContain('npx hypercache keygen prints a key')
    for (const given of [keys[0], keys.join(',')]) {
      const set = ['--set', `cluster.encryption_keys=${given}`, '--set', 'cluster.advertise_address=10.0.0.1']
      expect(run(['config', 'check', ...open, ...set])).toMatchObject({ code: 0, stderr: '' })
    }
  })

  test('takes no argument: it is no file that it writes to', () => {
    expect(complaintOf(['keygen', 'cluster.key'])).toMatch(
      /^too many arguments for 'keygen'.*; write > FILE$/,
    )
  })
})
