import { uuid } from '../keys.ts'
import { providers } from './providers.ts'

/** What the sample company's people open: some of it signs them in through a provider. */
export interface ApplicationRow {
  pk: string
  slug: string
  name: string
  /** The key of its OAuth2 provider, or of one of another protocol. */
  provider: number | null
  protocol: 'oauth2' | 'saml'
  backchannel_providers: readonly number[]
  group: string
  open_in_new_tab: boolean
  meta_launch_url: string
  /** A file in authentik's own storage, an address, or the name of a symbol. */
  meta_icon: string
  meta_description: string
  meta_publisher: string
  /** The keys of groups whose members may open it, direct or inherited. Without it everybody may. */
  allowed?: readonly string[]
}

const administrators = uuid('group', 4)

/** Those of the OAuth2 providers, and some more. */
export const applications: readonly ApplicationRow[] = [
  ...providers.flatMap(({ pk, application: row }) =>
    row ? [{ ...application(row.pk, row.slug, row.name), provider: pk }] : [],
  ),
  { ...application(uuid('app', 12), 'forge-provisioning', 'Forge provisioning'), backchannel_providers: [6] },
  {
    ...application(uuid('app', 13), 'handbook', 'Handbook'),
    group: 'Reading',
    meta_launch_url: 'https://handbook.nordlicht.example/%(username)s',
    meta_icon: 'application-icons/handbook.png',
    meta_description: 'How we work',
    meta_publisher: 'Nordlicht',
  },
  {
    ...application(uuid('app', 14), 'payroll', 'Payroll'),
    provider: 21,
    protocol: 'saml',
    open_in_new_tab: true,
    meta_icon: 'https://icons.nordlicht.example/payroll.svg',
  },
  {
    ...application(uuid('app', 15), 'vault', 'Vault'),
    group: 'Tools',
    meta_icon: 'fa://fa-key',
    meta_launch_url: 'https://vault.nordlicht.example/%(nosuch)s',
    allowed: [administrators],
  },
]

/** An application, as most are. */
export function application(pk: string, slug: string, name: string): ApplicationRow {
  return {
    pk,
    slug,
    name,
    provider: null,
    protocol: 'oauth2',
    backchannel_providers: [],
    group: '',
    open_in_new_tab: false,
    meta_launch_url: '',
    meta_icon: '',
    meta_description: '',
    meta_publisher: '',
  }
}

/** The application with this slug, which must exist. */
export function applicationOf(slug: string): ApplicationRow {
  const row = applications.find((candidate) => candidate.slug === slug)
  if (!row) throw new Error(`The sandbox has no application ${slug}`)
  return row
}
