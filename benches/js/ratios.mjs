// What is run, and which figures are compared.

export const plan = [
  ...[5, 100, 1_000].map((size) => ({ name: 'lookups', size })),
  { name: 'plainArray', size: 1_000 },
  { name: 'deadNode', size: 5 },
  { name: 'oneRing', size: 5 },
  { name: 'fourRings', size: 5 },
  { name: 'bytes', size: 5 },
  { name: 'hashring', size: 5 },
  { name: 'plainJavaScript', size: 5 },
  { name: 'changes', size: 5 },
  { name: 'changes', size: 1_000 },
  { name: 'thousandAtOnce', size: 0 },
  { name: 'planning', size: 5 },
  { name: 'planning', size: 1_000 },
  { name: 'analyzing', size: 5 },
  { name: 'watching', size: 5 },
  { name: 'attaching', size: 1_000 },
  { name: 'boundedLoads', size: 5 },
  { name: 'lookupCache', size: 5 },
  { name: 'threads', size: 5 },
  { name: 'publishing', size: 0 },
  { name: 'million', size: 0 },
  { name: 'routing', size: 5 },
]

/** Each row: what, over what, and its bars. Values are [case, test]. `per` divides times (in ns) to a unit. */
const rows = [
  ['getNode ÷ floor, 5×256', ['lookups 5', 'getNode'], ['lookups 5', 'floor'], 1.75, 1.55],
  ['getNode ÷ floor, 100×256', ['lookups 100', 'getNode'], ['lookups 100', 'floor'], 2.0, 1.8],
  [
    'getNode ÷ floor, 1000×256, hot',
    ['lookups 1000', 'getNode, hot'],
    ['lookups 1000', 'floor, hot'],
    2.2,
    2.0,
  ],
  [
    'getNode ÷ over a plain sorted array, 1000×256',
    ['plainArray 1000', 'getNode'],
    ['plainArray 1000', 'partition_point'],
    0.7,
    0.5,
  ],
  [
    'one of five dead, zones on ÷ all alive, zones off',
    ['deadNode 5', 'one dead, zones on'],
    ['deadNode 5', 'all alive'],
    1.1,
    1.0,
  ],
  [
    'four rings in turn ÷ one ring',
    ['fourRings 5', 'four rings in turn'],
    ['oneRing 5', 'one ring'],
    1.5,
    1.15,
  ],
  ['getReplicas 3 ÷ getNode, 5×256', ['lookups 5', 'getReplicas 3'], ['lookups 5', 'getNode'], 1.15, 1.1],
  [
    'getReplicas 3 ÷ getNode, 1000×256, hot',
    ['lookups 1000', 'getReplicas 3, hot'],
    ['lookups 1000', 'getNode, hot'],
    1.3,
    1.1,
  ],
  ['getNode(buffer) ÷ getNode(string)', ['bytes 5', 'getNode, buffer'], ['bytes 5', 'getNode'], 1.6, 1.3],
  [
    'getNodeBatch(1,000) per key ÷ getNode',
    ['lookups 5', 'getNodeBatch 1000'],
    ['lookups 5', 'getNode'],
    0.9,
    0.75,
  ],
  [
    'packed batch per key ÷ getNode',
    ['lookups 5', 'getNodeBatchPacked 1000'],
    ['lookups 5', 'getNode'],
    0.35,
    0.25,
  ],
  [
    'hashring ÷ getNode, uniform keys',
    ['hashring 5', 'hashring, uniform'],
    ['hashring 5', 'getNode'],
    35,
    50,
    'min',
  ],
  [
    'hashring ÷ getNode, 1,000 hot keys as fresh strings',
    ['hashring 5', 'hashring, hot'],
    ['hashring 5', 'getNode, hot'],
    2,
    '–',
    'min',
  ],
  [
    'hashring ÷ getNode, the same string objects',
    ['hashring 5', 'hashring, same string objects'],
    ['hashring 5', 'getNode, same string objects'],
  ],
  [
    'JavaScript ring with FNV-1a ÷ getNode',
    ['plainJavaScript 5', 'JavaScript, FNV-1a 32'],
    ['plainJavaScript 5', 'getNode'],
  ],
  [
    'JavaScript ring with XXH64 ÷ getNode',
    ['plainJavaScript 5', 'JavaScript, XXH64'],
    ['plainJavaScript 5', 'getNode'],
  ],
  ['addNode + removeNode, 5×256, µs', ['changes 5', 'addNode + removeNode'], 1e3, 15, 10],
  ['addNode + removeNode, 1000×256, µs', ['changes 1000', 'addNode + removeNode'], 1e3, 300, 200],
  ['plan of one added node, 5×256, µs', ['planning 5', 'plan'], 1e3, 40, 20],
  ['plan of one added node, 1000×256, ms', ['planning 1000', 'plan'], 1e6, 5, 2],
  ['plan.analyze per key ÷ getNodeBatch per key', ['analyzing 5', 'analyze'], ['analyzing 5', 'batch'], 3, 2],
  ['a change with one watcher ÷ without', ['watching 5', 'one watcher'], ['watching 5', 'no watcher'], 5, 3],
  ['attach, 1000×256, ms', ['attaching 1000', 'attach'], 1e6, 1, '–'],
  ['getNodeBounded ÷ getNode', ['boundedLoads 5', 'getNodeBounded'], ['boundedLoads 5', 'getNode'], 2.5, 1.5],
  [
    'sha256, hot keys: cache on ÷ off',
    ['lookupCache 5', 'sha256, hot, on'],
    ['lookupCache 5', 'sha256, hot, off'],
    0.8,
    0.6,
  ],
  [
    'sha256, uniform keys: cache on ÷ off',
    ['lookupCache 5', 'sha256, uniform, on'],
    ['lookupCache 5', 'sha256, uniform, off'],
    1.5,
    1.3,
  ],
  [
    'xxhash64, hot keys: cache on ÷ off',
    ['lookupCache 5', 'xxhash64, hot, on'],
    ['lookupCache 5', 'xxhash64, hot, off'],
  ],
  [
    'xxhash64, uniform keys: cache on ÷ off',
    ['lookupCache 5', 'xxhash64, uniform, on'],
    ['lookupCache 5', 'xxhash64, uniform, off'],
  ],
  [
    'two workers reading ÷ one, per read',
    ['threads 5', 'two readers'],
    ['threads 5', 'one reader'],
    1.1,
    1.03,
  ],
  [
    'the same while a third thread publishes each millisecond',
    ['threads 5', 'two readers, changes'],
    ['threads 5', 'one reader'],
    1.2,
    1.1,
  ],
  ['routeKey − getNode, ns', ['routing 5', 'routeKey'], ['routing 5', 'getNode'], 15, 5, 'difference'],
  [
    'an event to ten listeners ÷ EventEmitter, per delivery',
    ['publishing', 'publish, member:joined'],
    ['publishing', 'EventEmitter, member:joined'],
    3,
    1.5,
  ],
  [
    'a custom event to ten listeners ÷ EventEmitter, per delivery',
    ['publishing', 'publish, custom'],
    ['publishing', 'EventEmitter, custom'],
  ],
  ['1,000 nodes at once, ms', ['thousandAtOnce', '1,000 nodes at once'], 1e6, 12, 8],
]

/** The rows of which both figures are there. */
export function ratios(results) {
  const at = (place) => (typeof place === 'number' ? place : results[place[0]]?.[place[1]]?.ns)
  return rows
    .map(([what, over, under, must, goal, unit]) => {
      const value = unit === 'difference' ? at(over) - at(under) : at(over) / at(under)
      return { what, value, must, goal, unit }
    })
    .filter(({ value }) => Number.isFinite(value))
}
