import { describe, expect, test } from 'vitest'
import { moduleCircles, moduleEdgeCount } from './checkers/rust-modules'
import { rustSources } from './checkers/sources'

describe('the modules of the crates', () => {
  test('no crate has a circle of modules', () => {
    expect(moduleCircles(rustSources())).toEqual([])
  })

  test('what they use of each other is read', () => {
    expect(moduleEdgeCount(rustSources())).toBeGreaterThan(400)
  })
})

describe('the check bites', () => {
  /** Circles of a crate with these files under `src`. */
  const circles = (files: Record<string, string>) =>
    moduleCircles(Object.entries(files).map(([name, text]) => ({ path: `crates/a/src/${name}`, text })))

  const told = (...steps: string[]) =>
    `circle of modules: ${steps.map((step) => `crates/a/src/${step}`).join(' -> ')}`

  test('on two files that use each other, and names them with their lines', () => {
    const found = circles({
      'lib.rs': 'mod node;\nmod options;\n',
      'node.rs': '\nuse crate::options::Options;\npub struct Node;',
      'options.rs': 'pub struct Options;\n\nfn f(_: crate::node::Node) {}',
    })
    expect(found).toEqual([told('node.rs:2', 'options.rs:3', 'node.rs')])
  })

  test('on a circle of three, however they say it', () => {
    const found = circles({
      'lib.rs': 'mod a;\nmod b;\nmod c;\n',
      'a.rs': 'use super::{b::{self, B as Other}, other};\npub struct A;',
      'b.rs': 'pub(crate) use crate::c::C;\npub struct B;',
      'c.rs': 'impl super::a::A {}\npub struct C;',
    })
    expect(found).toEqual([told('a.rs:1', 'b.rs:1', 'c.rs:1', 'a.rs')])
  })

  test('on a parent that defines what its child uses, and uses the child', () => {
    const files = (parent: string) => ({
      'lib.rs': 'mod ring;',
      'ring/mod.rs': `mod plan;\npub use plan::Plan;\n${parent}`,
      'ring/plan.rs': 'use super::Ring;\npub struct Plan;',
    })
    expect(circles(files('pub struct Ring;'))).toHaveLength(1)
    expect(circles(files('fn f() { plan::g() }\npub struct Ring;'))).toHaveLength(1)
  })

  test('on a circle through a re-export, which counts as where the name is defined', () => {
    const files = (plan: string) => ({
      'lib.rs': 'mod ring;\npub use ring::{Plan, Ring};',
      'ring/mod.rs': 'mod current;\nmod plan;\npub use current::Ring;\npub use plan::Plan;',
      'ring/current.rs': 'use crate::Plan;\npub struct Ring;',
      'ring/plan.rs': plan,
    })
    expect(circles(files('pub struct Plan;'))).toEqual([])
    expect(circles(files('use super::Ring;\npub struct Plan;'))).toEqual([
      told('ring/current.rs:1', 'ring/plan.rs:1', 'ring/current.rs'),
    ])
  })

  test('not on declarations, tests, comments, strings, visibilities and other crates', () => {
    expect(
      circles({
        'lib.rs': 'mod a;\nmod b;\n/// See [`crate::a::A`].\npub mod wire {\n    pub use crate::a::A;\n}',
        'a.rs':
          'pub(in crate::b) struct A;\nconst S: &str = "use crate::b::B;";\n// use crate::b::B;\n' +
          '#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}',
        'b.rs': 'use crate::a::A;\nuse other::a::B as C;\nstruct B;\n#[cfg(test)]\nmod tests;',
        'b/tests.rs': 'use super::*;',
      }),
    ).toEqual([])
  })

  test('not on two crates that have modules of one name', () => {
    const file = (crate: string, name: string, text: string) => ({
      path: `crates/${crate}/src/${name}.rs`,
      text,
    })
    expect(
      moduleCircles([
        file('a', 'lib', 'mod x;\nmod y;'),
        file('a', 'x', 'use crate::y::Y;'),
        file('a', 'y', 'pub struct Y;'),
        file('b', 'lib', 'mod x;\nmod y;'),
        file('b', 'x', 'pub struct X;'),
        file('b', 'y', 'use crate::x::X;'),
      ]),
    ).toEqual([])
  })
})
