import { describe, expect, test } from 'vitest'
import { HashRing } from '../../../dist/ring/hash-ring.js'
import type { PlannedChange } from '../../../dist/types.js'
import { fieldOfRefusal, requestOf, suggestedId } from '../../../page/plan-request.js'

const row = (kind: 'add' | 'remove' | 'update', id: string, more = {}) => ({
  kind,
  id,
  weight: '',
  zone: '',
  status: '',
  ...more,
})

describe('the request of a what-if', () => {
  test('has the parts that there are rows of, and the fields that are filled in', () => {
    const rows = [
      row('add', 'a', { weight: '1.5', zone: 'z' }),
      row('add', 'b'),
      row('remove', 'c'),
      row('update', 'd', { status: 'dead' }),
      row('update', 'e', { weight: '2' }),
    ]
    expect(requestOf(rows).request).toEqual({
      add: [{ id: 'a', weight: 1.5, zone: 'z' }, { id: 'b' }],
      remove: ['c'],
      update: [
        { id: 'd', status: 'dead' },
        { id: 'e', weight: 2 },
      ],
    })
    expect(requestOf([row('remove', 'c')]).request).toEqual({ remove: ['c'] })
  })

  test('is not made of what the node could not read, and says which field it is', () => {
    const errorOf = (...rows: ReturnType<typeof row>[]) => {
      const { error } = requestOf(rows)
      return error && [error.row, error.field]
    }
    expect(errorOf(row('add', 'a'), row('remove', ''))).toEqual([1, 'id'])
    expect(errorOf(row('add', 'a', { weight: 'heavy' }))).toEqual([0, 'weight'])
    expect(errorOf(row('update', 'a'))).toEqual([0, 'weight'])
    expect(errorOf(row('add', ' '))).toBeUndefined()
  })
})

describe('a refusal of the ring', () => {
  const ring = new HashRing({ nodes: ['node1', 'node2'] })
  /** What the ring says of a request, and where that is shown. */
  const shownAt = (...rows: ReturnType<typeof row>[]) => {
    try {
      ring.plan(requestOf(rows).request as PlannedChange)
    } catch (error) {
      const found = fieldOfRefusal(rows, (error as Error).message)
      return found && [found.row, found.field]
    }
    throw new Error('it was not refused')
  }

  test('is shown at the field that it is about', () => {
    expect(shownAt(row('add', 'node1'))).toEqual([0, 'id'])
    expect(shownAt(row('add', 'a', { weight: '-2.0' }))).toEqual([0, 'weight'])
    expect(shownAt(row('add', 'a', { zone: 'z'.repeat(256) }))).toEqual([0, 'zone'])
    expect(shownAt(row('update', 'node1', { status: 'unwell' }))).toEqual([0, 'status'])
    expect(shownAt(row('add', 'x'.repeat(256)))).toEqual([0, 'id'])
  })

  test('is shown in the row that it names', () => {
    expect(shownAt(row('add', 'a'), row('remove', 'nobody'), row('remove', 'node1'))).toEqual([1, 'id'])
    expect(shownAt(row('add', 'a'), row('add', 'a'))).toEqual([1, 'id'])
    expect(shownAt(row('add', 'a', { weight: '1' }), row('add', 'b', { weight: '0' }))).toEqual([1, 'weight'])
  })

  test('is shown where its path points', () => {
    const rows = [row('remove', 'c'), row('add', 'a', { weight: '2' }), row('add', 'b', { weight: '3' })]
    expect(fieldOfRefusal(rows, 'add[1].weight is null; it must be a number')).toEqual({
      row: 2,
      field: 'weight',
    })
    expect(fieldOfRefusal(rows, 'remove[0] is 5; it must be a string')).toEqual({ row: 0, field: 'id' })
  })

  test('that is about no one field is shown at none, whatever an id says', () => {
    const two = [row('add', 'a', { weight: '1' }), row('add', 'b', { weight: '1e9' })]
    expect(shownAt(...two)).toBeUndefined()
    expect(fieldOfRefusal(two, 'the node is going away; ask again later')).toBeUndefined()
    const rows = [row('add', 'weight'), row('add', 'say "zone"')]
    expect(fieldOfRefusal(rows, 'node "weight" is in the ring already')).toEqual({ row: 0, field: 'id' })
    expect(fieldOfRefusal(rows, 'node "say \\"zone\\"" is in the ring already')).toEqual({
      row: 1,
      field: 'id',
    })
  })
})

describe('a suggested id', () => {
  test('is the next number, and always free', () => {
    expect(suggestedId(['node1', 'node2'])).toBe('node3')
    expect(suggestedId(['node10', 'node9'])).toBe('node11')
    expect(suggestedId(['cache-a1', 'cache-b7'])).toBe('cache-b8')
    expect(suggestedId(['host-x'])).toBe('node2')
    expect(suggestedId([])).toBe('node1')
    expect(suggestedId(['x', 'node2'])).toBe('node3')
  })
})
