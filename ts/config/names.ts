/** The two spellings of a name: that of YAML, and that of TypeScript. */

/** A YAML name in TypeScript: `hash_seed` is `hashSeed`. */
export function camelOf(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** A name of any spelling as YAML has it: `hashSeed` and `Hash-Seed` are `hash_seed`. */
export function snakeOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()
}
