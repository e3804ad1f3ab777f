/** A release of authentik. Without a patch its newest one is meant: `2025.12` is 2025.12.6. */
export type Release =
  | '2024.10'
  | '2024.12'
  | '2025.2'
  | '2025.4'
  | '2025.6'
  | '2025.8'
  | '2025.10'
  | '2025.12'
  | '2026.2'
  | '2026.5'
  | '2026.8'
  | EarlyPatch

/** The first patches of releases whose bodies changed between two patches, and a candidate that had not all of its release. */
export type EarlyPatch = '2024.10.0' | '2025.12.0' | '2026.2.0' | '2026.5.0-rc1'

/** The releases that the sandbox can play, oldest first. It plays an `EarlyPatch` too, where one is asked for. */
export const releases: readonly Release[] = [
  '2024.10',
  '2024.12',
  '2025.2',
  '2025.4',
  '2025.6',
  '2025.8',
  '2025.10',
  '2025.12',
  '2026.2',
  '2026.5',
  '2026.8',
]

/** The same, with the early patches. */
export const supportedReleases: readonly Release[] = [...releases, '2024.10.0', '2025.12.0', '2026.2.0']

/** The release that is played unless another one is asked for. */
export const newestRelease: Release = '2026.8'

/** Whether a version, such as "2026.8.3", is older or newer than the releases that this gateway knows; undefined for neither. */
export function strangeness(version: string): 'older' | 'newer' | undefined {
  const [year = '0', month = '0'] = version.split('.')
  const [oldest = newestRelease] = releases
  if (rank(version, 0) < rank(oldest, 0)) return 'older'
  return rank(`${year}.${month}`, 0) > rank(newestRelease, 0) ? 'newer' : undefined
}

/** Whether a release is as new as a version: `since('2025.12', '2025.12.5')` is true, `since('2025.12.0', '2025.12.5')` is not. */
export function since(release: Release, version: string): boolean {
  const question = `${release} ${version}`
  const known = answers.get(question)
  if (known !== undefined) return known
  const answer = rank(release, 99) >= rank(version, 0)
  answers.set(question, answer)
  return answer
}

/** Asked some twenty times for each row, and of few versions. */
const answers = new Map<string, boolean>()

function rank(version: string, unsaidPatch: number): number {
  const [numbers = '', candidate] = version.split('-')
  const [year = 0, month = 0, patch = unsaidPatch] = numbers.split('.').map(Number)
  return (year * 100 + month) * 100 + patch - (candidate === undefined ? 0 : 0.5)
}
