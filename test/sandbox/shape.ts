/** What stands at a place of a body; `absent` where an object lacks a property that another object at the same place has. */
type Kind = 'absent' | 'null' | 'array' | 'object' | 'boolean' | 'number' | 'uuid' | 'time' | 'string'

/** The kinds of values at each path of some bodies. All elements of an array share one path. */
export type Shape = ReadonlyMap<string, ReadonlySet<Kind>>

/** Values of people's own making, what events keep, and words of a query language: of these only the kind is looked at. */
const free = /\.(attributes|settings|context|brand|autocomplete)$/

const absent = Symbol('absent')

/** The shape that bodies of one kind have together. */
export function shapeOf(bodies: readonly unknown[]): Shape {
  const shape = new Map<string, ReadonlySet<Kind>>()
  collect(bodies, '', shape)
  return shape
}

function collect(values: readonly unknown[], path: string, shape: Map<string, ReadonlySet<Kind>>): void {
  shape.set(path, new Set(values.map(kindOf)))
  const elements = values.filter(Array.isArray).flat()
  if (elements.length > 0) collect(elements, `${path}[]`, shape)
  if (free.test(path)) return
  const objects = values.filter((value) => kindOf(value) === 'object') as Readonly<Record<string, unknown>>[]
  for (const name of new Set(objects.flatMap(Object.keys))) {
    collect(
      objects.map((object) => (Object.hasOwn(object, name) ? object[name] : absent)),
      `${path}.${name}`,
      shape,
    )
  }
}

function kindOf(value: unknown): Kind {
  if (value === absent) return 'absent'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'string') return typeof value as Kind
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return 'uuid'
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/.test(value) ? 'time' : 'string'
}

/**
 * The paths at which two shapes have other kinds of values. A place that only one of them has is told as well, unless the
 * other has no object or no element that could hold it.
 */
export function difference(one: Shape, other: Shape): string[] {
  const paths = new Set([...one.keys(), ...other.keys()])
  return [...paths].filter((path) => {
    const [kinds, otherKinds] = [kindsAt(one, path), kindsAt(other, path)]
    return kinds !== undefined && otherKinds !== undefined && kinds !== otherKinds
  })
}

/** The same, but that null, in one of the shapes, may be anything in the other: single bodies happen to have null or a value. */
export function differenceButNull(one: Shape, other: Shape): string[] {
  const isNull = (shape: Shape, path: string) => kindsAt(shape, path) === 'null'
  return difference(withoutNull(one), withoutNull(other)).filter((path) => !isNull(one, path) && !isNull(other, path))
}

function withoutNull(shape: Shape): Shape {
  return new Map(
    [...shape].map(([path, kinds]) => [
      path,
      kinds.size === 1 ? kinds : new Set([...kinds].filter((kind) => kind !== 'null')),
    ]),
  )
}

/** Undefined where nothing could stand at the path. */
function kindsAt(shape: Shape, path: string): string | undefined {
  const kinds = shape.get(path)
  if (kinds) return [...kinds].sort().join()
  if (path.endsWith('[]')) return undefined
  return shape.get(path.replace(/\.[^.[]*$/, ''))?.has('object') ? 'absent' : undefined
}
