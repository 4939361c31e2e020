import { describe, expect, test } from 'vitest'

import { resolveClusterConfig } from '../../../dist/index.js'
import { problemsOf } from '../../helpers/config-problems.js'

const KEY = Buffer.alloc(32, 'key').toString('base64')

const resolved = (text?: string, env = {}) => resolveClusterConfig(text, { env })

describe('a secret is in no message, no problem and no warning', () => {
  const bad = (secret: string) => [
    `cluster: { encryption_keys: [${secret}] }`,
    `cluster: { encryption_keys: ${secret} }`,
    `cluster: { encryption_keys: { ${secret}: 1 } }`,
    `cluster: { encryption_keys: [[${secret}]] }`,
    `cluster: { encryption_keys: [{ ${secret}: ${secret} }] }`,
    `cluster: { encryption_key: [${secret}] }`,
    `encryption_keys: [${secret}]`,
    `cluster: { serf: { rpc_auth_key: [${secret}] } }`,
    `cluster: { serf: ${secret} }`,
    `cluster: { rpc_auth_key: ${secret} }`,
  ]

  test('keys of the cluster, and the one of the agent', () => {
    const twice = `cluster: { encryption_keys: [${KEY}, ${KEY}] }`
    const cases = [...bad('s3cret'), ...bad(KEY.slice(1)), ...bad(`${KEY}x`), twice, `${twice}\nx: 1`]
    for (const text of cases) {
      const problems = problemsOf(() => resolved(text))
      const secret = /s3cret/.test(text) ? 's3cret' : KEY.slice(1, 20)
      expect(JSON.stringify(problems), text).not.toContain(secret)
      expect(() => resolved(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(secret) }),
      )
    }
    const rule = problemsOf(() => resolved(`cluster: { encryption_keys: [${KEY}], allow_unencrypted: true }`))
    expect(JSON.stringify(rule)).not.toContain(KEY)
    const env = {
      HYPERCACHE_CLUSTER_ENCRYPTION_KEYS: KEY,
      HYPERCACHE_CLUSTER_ENCRYPTION_KEY: KEY,
      HYPERCACHE_CLUSTER_SERF_RPC_AUTH_KEY: '${s3cret}',
    }
    const { warnings, origins } = resolved(undefined, env)
    expect(warnings).toHaveLength(5)
    expect(JSON.stringify([warnings, origins])).not.toMatch(/s3cret|a2V5/)
  })

  test('the token of the server', () => {
    const token = 'tok3n'
    const texts = [
      `http: { token: "${token} x" }`,
      `http: { token: ["${token}"] }`,
      `http: { token: { "${token}": 1 } }`,
      `http: { token: *${token} }`,
      `http: { token: !${token} x }`,
      `http: { token: |${token}\n }`,
      `http:\n  token: |${token}\n`,
      `http:\n  token: "${token}" "${token}"\n`,
      `http:\n  token: '${token}' '${token}\n`,
      `http:\n  token: "\\${token}"\n`,
      `http: { tokn: ${token} }`,
      `token: ${token}`,
      `http: ${token}`,
      `http: [${token}]`,
      `http:\n  token: ${token}\n  token: ${token}2\n`,
      `http: { token: ${token}, port: x }`,
      `http: { token: }${token}`,
    ]
    for (const text of texts) {
      const problems = problemsOf(() => resolved(text))
      expect(JSON.stringify(problems), text).not.toContain(token)
      expect(() => resolved(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(token) }),
      )
    }
    const { warnings, origins } = resolved(undefined, {
      HYPERCACHE_HTTP_TOKEN: token,
      HYPERCACHE_HTTP_TOKE: token,
    })
    expect(JSON.stringify([warnings, origins])).not.toContain(token)
  })
})
