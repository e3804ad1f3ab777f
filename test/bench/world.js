// The world of the embedded authentik, widened: it has eight groups and 28 users, and here 100 tokens have a user each, who are
// in thirty groups.

const groups = { here: 30, there: 8 }
const keyOf = (number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`
const groupPath = /\/core\/groups\/67726f75-7000-4000-8000-(\d{12})\//

/** The number of the embedded authentik's group of which the wider world's is a copy. */
const originalOf = (number) => 1 + ((number - 1) % groups.there)

/** The path at which the embedded authentik has what the wider world has at this one. */
export function originalPath(path) {
  return path.replace(groupPath, (_, number) => `/core/groups/${keyOf(originalOf(Number(number)))}/`)
}

/** What the wider world answers at a path, made of what the embedded authentik answered there. */
export function widen(path, text) {
  const [, number] = groupPath.exec(path) ?? []
  if (number) return JSON.stringify(copyOf(JSON.parse(text), Number(number)))
  if (!path.includes('/oauth2/access_tokens/?')) return text
  const page = JSON.parse(text)
  let place = 0
  for (const [index, { user }] of page.results.entries()) {
    user.pk = 1000 + index
    user.username += `-${index}`
    const numbers = user.groups.map(() => 1 + (place++ % groups.here))
    user.groups = numbers.map(keyOf)
    user.groups_obj = user.groups_obj?.map((group, at) => copyOf(group, numbers[at])) ?? null
  }
  return JSON.stringify(page)
}

function copyOf(group, number) {
  const name = number <= groups.there ? group.name : `${group.name} ${number}`
  return { ...group, pk: keyOf(number), name }
}
