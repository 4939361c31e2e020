/** An object with some of its members replaced, to plant a defect in it. */

/** `target` as it is, but for the members in `replaced`. Methods keep working on the target itself. */
export function overridden<T extends object>(target: T, replaced: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(replaced, name)) {
        const descriptor = Object.getOwnPropertyDescriptor(replaced, name)!
        return descriptor.get === undefined
          ? (descriptor.value as unknown)
          : (descriptor.get.call(target) as unknown)
      }
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
