// Puts the figures of the newest records into the README: `node benches/js/report.mjs`.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const begin = '<!-- figures:begin -->'
const end = '<!-- figures:end -->'

const records = newestRecords()
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [before, rest] = readme.split(begin)
const [, after] = rest.split(end)
writeFileSync(join(root, 'README.md'), `${before}${begin}\n\n${figures(records)}\n\n${end}${after}`)

/** The newest record of each Node, by major version. */
function newestRecords() {
  const files = readdirSync(join(root, 'benches/record')).filter((file) => /-node\d+\.json$/.test(file))
  const newest = new Map()
  for (const file of files.sort()) newest.set(file.match(/node(\d+)/)[1], file)
  return [...newest]
    .sort()
    .map(([, file]) => JSON.parse(readFileSync(join(root, 'benches/record', file), 'utf8')))
}

function figures(records) {
  const [first] = records
  const { cpu, cores, kernel } = first.machine
  const heads = records.map(({ node }) => `Node ${node.split('.')[0]}`)
  const lines = first.ratios.map((row) => [
    row.what,
    ...records.map((record) => cell(record, row.what)),
    bar(row),
  ])
  const cost = (test) => records.map(({ results }) => `${results['lookups 5'][test].ns.toFixed(0)} ns`)
  return [
    `${cpu}, ${cores} cores, Linux ${kernel}; medians; commit ${first.commit.slice(0, 10)}, ${first.date}.`,
    '',
    table(
      ['', ...heads, 'bar'],
      [
        ['the floor: a native call that reads the key', ...cost('floor'), ''],
        ['`getNode`, 5×256, 1,000,000 keys in random order', ...cost('getNode'), ''],
        ...lines,
      ],
    ),
  ].join('\n')
}

function cell({ ratios }, what) {
  const found = ratios.find((row) => row.what === what)
  if (found === undefined) return ''
  const isLost =
    found.must !== undefined && (found.unit === 'min' ? found.value < found.must : found.value > found.must)
  return `${found.value < 10 ? found.value.toFixed(2) : found.value.toFixed(0)}${isLost ? ' (missed)' : ''}`
}

function bar({ must, unit }) {
  return must === undefined ? '' : `${unit === 'min' ? '≥' : '≤'} ${must}`
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
