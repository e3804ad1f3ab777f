/** The types of JSON that occur at each path of a body. All elements of an array share one path. */
export type Shape = Map<string, Set<string>>

/** Values of people's own making, of which only the type is looked at. */
const free = /\.(attributes|settings)$/

/** The shape of a body. */
export function shapeOf(value: unknown, path = '', shape: Shape = new Map()): Shape {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  shape.set(path, (shape.get(path) ?? new Set()).add(type))
  if (Array.isArray(value)) for (const element of value) shapeOf(element, `${path}[]`, shape)
  else if (typeof value === 'object' && value !== null && !free.test(path)) {
    for (const [name, property] of Object.entries(value)) shapeOf(property, `${path}.${name}`, shape)
  }
  return shape
}

/** The paths that only one of two shapes has, or that hold other types. What is null or empty in one may be anything in the other. */
export function difference(one: Shape, other: Shape): string[] {
  const paths = new Set([...one.keys(), ...other.keys()])
  return [...paths].filter((path) => {
    const [types, otherTypes] = [one.get(path), other.get(path)].map((types) =>
      [...(types ?? [])]
        .filter((type) => type !== 'null')
        .sort()
        .join(),
    )
    if (types === otherTypes) return false
    if (one.has(path) && other.has(path)) return types !== '' && otherTypes !== ''
    return isFilled(one, path) && isFilled(other, path)
  })
}

/** Whether something stands at the place that would hold the path. */
function isFilled(shape: Shape, path: string): boolean {
  const parent = path.replace(/(\[\]|\.[^.[]*)$/, '')
  if (path.endsWith('[]')) return false
  return shape.get(parent)?.has('object') ?? false
}
