/** Reads the text format of Prometheus, as far as tests want it. */

/** One metric with all of its lines. */
export interface Family {
  name: string
  type: string
  help: string
  /**
   * By labels as they are written (`{status="alive"}`, or nothing), with the suffix of the name before them.
   */
  samples: Map<string, number>
}

/** The families of an exposition by name. Throws where a line is not of the format, or stands twice. */
export function familiesOf(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  let family: Family | undefined
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
    if (comment !== null) {
      const [, keyword, name, rest] = comment as unknown as [string, string, string, string]
      if (keyword === 'TYPE') families.get(name)!.type = rest
      else if (families.has(name)) throw new Error(`${name} has two families`)
      else families.set(name, (family = { name, type: '', help: rest, samples: new Map() }))
    } else if (line !== '') {
      const sample = /^([a-zA-Z_:][\w:]*)(\{(?:\w+="(?:[^"\\]|\\["\\n])*",?)+\})? (\S+)$/.exec(line)
      if (sample === null || !sample[1]!.startsWith(family!.name))
        throw new Error(`not of the format: ${line}`)
      const key = `${sample[1]!.slice(family!.name.length)}${sample[2] ?? ''}`
      if (family!.samples.has(key)) throw new Error(`twice: ${line}`)
      family!.samples.set(key, Number(sample[3]))
    }
  }
  return families
}

/**
 * The value of a metric without labels, or with these: `valueOf(text, 'hypercache_members',
 * '{status="dead"}')`.
 */
export function valueOf(text: string, name: string, labels = ''): number | undefined {
  return familiesOf(text).get(name)?.samples.get(labels)
}
