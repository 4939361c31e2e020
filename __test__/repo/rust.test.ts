import { describe, expect, test } from 'vitest'
import {
  bindingShare,
  blanked,
  drivenUses,
  impureUses,
  rustFunctions,
  unguardedCallbacks,
  unguardedExports,
} from './checkers/rust'
import { rustSources, source, sources } from './checkers/sources'

const core = sources(['crates/hypercache_types/src', 'crates/hypercache_core/src'], /\.rs$/)
const binding = sources(['crates/hypercache_napi/src'], /\.rs$/)
// Its streams are a feature of their own, which no engine has.
const engines = sources(['crates/hypercache_gossip/src', 'crates/hypercache_transport/src'], /\.rs$/).filter(
  ({ path }) => !path.endsWith('/streams.rs'),
)
// A benchmark's floor, never in a release: it cannot panic, and there is nothing to answer into.
const callbacks = binding.filter(({ path }) => !path.endsWith('/floor.rs'))

describe('the crates', () => {
  test('the core knows no JavaScript, no I/O and no clock', () => {
    expect(core.length).toBeGreaterThan(5)
    expect(impureUses(core)).toEqual([])
  })

  test('engines do no I/O and have no clock, nor does what they depend on', () => {
    expect(engines.length).toBeGreaterThan(20)
    expect(drivenUses(engines)).toEqual([])
    expect(source('crates/hypercache_gossip/Cargo.toml').text).not.toMatch(
      /^tokio|hypercache_transport.*tokio/m,
    )
    expect(source('crates/hypercache_transport/Cargo.toml').text).toMatch(/^tokio = .*optional = true/m)
  })

  test('the binding is at most a quarter of the Rust lines', () => {
    expect(bindingShare(rustSources())).toBeLessThanOrEqual(0.25)
  })

  test('no panic gets out to JavaScript', () => {
    expect(binding.some(({ text }) => text.includes('#[napi(catch_unwind)]'))).toBe(true)
    expect(unguardedExports(binding)).toEqual([])
    expect(callbacks.flatMap(rustFunctions).some(({ body }) => body.includes('answer('))).toBe(true)
    expect(unguardedCallbacks(callbacks)).toEqual([])
  })
})

describe('the checks bite', () => {
  const file = (text: string) => [{ path: 'crates/a/src/lib.rs', text }]

  test('on a core that looks at the world', () => {
    expect(impureUses(file('use std::time::Instant;'))).toHaveLength(1)
    expect(impureUses(file('use std::{fmt, fs};'))).toHaveLength(1)
    expect(impureUses(file('\nlet at = std::net::Ipv4Addr::LOCALHOST;'))[0]).toContain('lib.rs:2:')
    expect(impureUses(file('use napi_derive::napi;'))).toHaveLength(1)
    expect(impureUses(file('// napi reads std::fs\nlet text = "std::time";'))).toEqual([])
  })

  test('on an engine that helps itself to a runtime', () => {
    expect(drivenUses(file('use std::time::{Duration, Instant};'))).toHaveLength(1)
    expect(drivenUses(file('use std::{fmt, thread};'))).toHaveLength(1)
    expect(drivenUses(file('tokio::spawn(f());'))).toHaveLength(1)
    expect(drivenUses(file('use std::net::SocketAddr;\nuse std::time::Duration;\n// as tokio does'))).toEqual(
      [],
    )
  })

  test('on a binding that grew', () => {
    const line = (path: string, count: number) => ({ path, text: 'x\n\n'.repeat(count) })
    const share = bindingShare([
      line('crates/hypercache_napi/src/lib.rs', 1),
      line('crates/other/src/lib.rs', 3),
    ])
    expect(share).toBe(0.25)
  })

  test('on an exported function without a guard', () => {
    expect(unguardedExports(file('#[napi]\npub fn a() {}'))).toHaveLength(1)
    expect(unguardedExports(file('#[napi(getter)]\n/// Text.\n#[inline]\npub fn a() {}'))).toHaveLength(1)
    expect(unguardedExports(file('#[napi(ts_return_type = "catch_unwind")]\npub fn a() {}'))).toHaveLength(1)
    expect(unguardedExports(file('#[napi(catch_unwind)]\npub fn a() {}\n#[napi]\npub struct B;'))).toEqual([])
  })

  test('on a callback without a guard', () => {
    const callback = (body: string) =>
      file(`unsafe extern "C" fn a(env: napi_env, info: sys::napi_callback_info) -> napi_value {\n${body}\n}`)
    expect(unguardedCallbacks(callback('answer(env, info, |_| 0)'))).toEqual([])
    expect(unguardedCallbacks(callback('// answer(\nnull()'))).toHaveLength(1)
  })

  test('where strings and comments hold code', () => {
    const text = 'let a = "{ fn"; // }\nlet b = \'{\'; let c: &\'a str = r#"}"#;'
    expect(blanked(text)).toHaveLength(text.length)
    expect(blanked(text)).not.toMatch(/[{}]/)
    expect(blanked(text)).toContain("&'a str")
  })

  test('on functions of every form', () => {
    const text =
      'fn a();\npub(crate) const fn b(x: [u8; 2]) -> u8 {\n  { 1 }\n}\n  unsafe extern "C" fn c() {}\n'
    expect(rustFunctions(file(text)[0]!).map(({ name, line, lineCount }) => [name, line, lineCount])).toEqual(
      [
        ['b', 2, 3],
        ['c', 5, 1],
      ],
    )
  })
})
