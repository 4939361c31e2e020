/** Freezes a list and its items: whoever is given it cannot change what others see. */
export function frozen<T extends object>(items: readonly T[]): readonly T[] {
  items.forEach((item) => Object.freeze(item))
  return Object.freeze(items)
}
