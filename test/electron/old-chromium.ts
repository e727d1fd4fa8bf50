// What the page's libraries expect of a browser and Chromium 83 (Electron 9) does not have. Only tests load this.
type Lacking = Record<string, unknown>

function add(target: object, name: string, value: unknown): void {
  if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

function at(this: ArrayLike<unknown>, index: number): unknown {
  return this[index < 0 ? this.length + index : index]
}

// Not by hasOwnProperty, which the linter would turn into a call of itself.
add(Object, 'hasOwn', (object: object, key: PropertyKey) => Reflect.getOwnPropertyDescriptor(object, key) !== undefined)
for (const type of [Array, String, Float32Array, Float64Array, Int32Array]) add(type.prototype, 'at', at)
add(Array.prototype, 'findLast', function (this: unknown[], test: (item: unknown) => boolean) {
  return [...this].reverse().find(test)
})
add(Array.prototype, 'findLastIndex', function (this: unknown[], test: (item: unknown) => boolean) {
  for (let index = this.length - 1; index >= 0; index--) if (test(this[index])) return index
  return -1
})
add(Array.prototype, 'toSorted', function (this: unknown[], order?: (a: unknown, b: unknown) => number) {
  return [...this].sort(order)
})
add(Array.prototype, 'toReversed', function (this: unknown[]) {
  return [...this].reverse()
})
add(Array.prototype, 'with', function (this: unknown[], index: number, value: unknown) {
  return this.map((old, position) => (position === index ? value : old))
})
add(String.prototype, 'replaceAll', function (this: string, from: string | RegExp, to: string) {
  return typeof from === 'string' ? this.split(from).join(to) : this.replace(from, to)
})
add(globalThis, 'structuredClone', (value: unknown) => JSON.parse(JSON.stringify(value)))
add(Promise, 'any', (tries: Iterable<Promise<unknown>>) =>
  Promise.all(
    [...tries].map((one) =>
      one.then(
        (value) => Promise.reject(value),
        (error) => error,
      ),
    ),
  ).then(
    (errors) => Promise.reject(errors[0]),
    (value) => value,
  ),
)
add(
  globalThis,
  'WeakRef',
  class {
    readonly held: unknown
    constructor(held: unknown) {
      this.held = held
    }
    deref(): unknown {
      return this.held
    }
  },
)
add(globalThis.crypto as unknown as Lacking, 'randomUUID', () =>
  [8, 4, 4, 4, 12]
    .map((length) =>
      Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => (byte % 16).toString(16)).join(''),
    )
    .join('-'),
)
