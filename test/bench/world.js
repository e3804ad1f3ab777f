// The world of the embedded authentik, widened: it has eight groups and 28 users, and here 100 tokens have a user each, who are
// in thirty groups of 31. The group with the number 12 is a copy of the fourth, and so on.

const groups = { here: 31, there: 8 }
const keyOf = (number) => `67726f75-7000-4000-8000-${String(number).padStart(12, '0')}`
const numberOf = (key) => Number(key.slice(-12))
const groupPath = /\/core\/groups\/67726f75-7000-4000-8000-(\d{12})\//

/** The numbers of the groups of each user that came with a token, by the user's key. */
const groupsOf = new Map()

/** The number of the embedded authentik's group of which this one is a copy. */
const originalOf = (number) => 1 + ((number - 1) % groups.there)

/** The path at which the embedded authentik has what the wider world has at this one. */
export function originalPath(path) {
  // All of its groups, of whichever users and on whichever page.
  if (path.includes('/core/groups/?')) return path.replace(/&(members_by_pk|page|page_size)=\d+/g, '')
  return path.replace(groupPath, (_, number) => `/core/groups/${keyOf(originalOf(Number(number)))}/`)
}

/** What the wider world answers at a path, made of what the embedded authentik answered there. */
export function widen(path, text) {
  const [, number] = groupPath.exec(path) ?? []
  if (number) return JSON.stringify(copyOf(JSON.parse(text), Number(number)))
  if (path.includes('/core/groups/?')) return JSON.stringify(pageOfGroups(new URL(path, 'http://x').searchParams, text))
  if (!path.includes('/oauth2/access_tokens/?')) return text
  const page = JSON.parse(text)
  const next = createTurns()
  for (const [index, { user }] of page.results.entries()) {
    user.pk = 1000 + index
    user.username += `-${index}`
    const numbers = user.groups.map((key) => next(numberOf(key)))
    groupsOf.set(user.pk, numbers)
    user.groups = numbers.map(keyOf)
    user.groups_obj = user.groups_obj?.map((group, at) => copyOf(group, numbers[at])) ?? null
  }
  return JSON.stringify(page)
}

/** A page of the groups in which those users are, by key. */
function pageOfGroups(search, text) {
  const { pagination, results } = JSON.parse(text)
  const originals = new Map(results.map((group) => [numberOf(group.pk), group]))
  const numbers = new Set(search.getAll('members_by_pk').flatMap((pk) => groupsOf.get(Number(pk)) ?? []))
  const [page, size] = ['page', 'page_size'].map((name) => Number(search.get(name)))
  const start = (page - 1) * size
  const rows = [...numbers].sort((one, other) => one - other).slice(start, start + size)
  return {
    pagination: {
      ...pagination,
      count: numbers.size,
      total_pages: Math.ceil(numbers.size / size),
      start_index: start + 1,
      end_index: start + rows.length,
    },
    results: rows.map((number) => copyOf(originals.get(originalOf(number)), number)),
  }
}

/** A function that tells the numbers of a group's copies in turn, beginning with its own. */
function createTurns() {
  const turns = new Map()
  return (original) => {
    const number = turns.get(original) ?? original
    const following = number + groups.there
    turns.set(original, following > groups.here ? original : following)
    return number
  }
}

function copyOf(group, number) {
  const name = number <= groups.there ? group.name : `${group.name} ${number}`
  return { ...group, pk: keyOf(number), name }
}
