import type { ApplicationBody, OAuth2ProviderBody } from '../authentik/bodies.ts'
import { endpoints } from '../authentik/endpoints.ts'
import type { Context } from '../context.ts'
import { inputError, invalidAnswer, nullIfNotFound, UpstreamError } from '../errors.ts'
import { builder } from '../graph/builder.ts'
import { connectionOf, pageArgs } from '../graph/lists/connection.ts'
import { List } from '../graph/lists/list.ts'
import { type Elsewhere, refuse } from '../graph/loading/elsewhere.ts'
import { byIdsField, oneField } from '../graph/loading/fields.ts'
import { findKey, slugKey, uuidKey } from '../graph/loading/keys.ts'
import { Lookup } from '../graph/loading/lookup.ts'
import { type Wanted, wantedOf } from '../graph/loading/wanted.ts'
import { Node } from '../graph/node.ts'
import { limits } from '../limits.ts'
import { isOfOtherProtocol, OAuth2Provider, toldOfProviders } from './oauth2-provider.ts'

export const Application = builder.objectRef<ApplicationBody>('Application')

/** By slug authentik refuses whoever lacks the right, even where they may open the application. Then the list tells. */
const ofList: Elsewhere<string, ApplicationBody> = {
  cost: { requests: 1, rows: limits.rowsPerPage },
  isRefusedAll: true,
  find: async (context, slug, refusal) => {
    const found = (await readAll(context)).find((row) => row.slug === slug)
    if (found) return found
    throw hidden(refusal)
  },
}

function hidden(cause?: unknown): UpstreamError {
  return new UpstreamError('NOT_FOUND', 'authentik shows no such object.', { sent: 'yes', cause })
}

export const applications = new Lookup<string, ApplicationBody>({
  type: Application,
  key: slugKey('slug'),
  endpoint: endpoints.application,
  elsewhere: ofList,
})

// A page of authentik's list costs about as much as one application by its slug.
applications.pageOfMany = {
  areFew: true,
  least: 2,
  load: (context, _query, _includes, many) => {
    const most = Math.min(many, limits.rowsOfWholeList / limits.rowsPerPage)
    return applicationList.readAll(context, {}, new Set(), most)
  },
}

const applicationList = new List<string, ApplicationBody>({
  lookup: applications,
  endpoint: endpoints.applications,
  ordering: 'slug',
  hidden: 'Applications are hidden that policies forbid you to open.',
  filters: { search: { parameter: 'search' }, name: { parameter: 'name' }, group: { parameter: 'group' } },
  // For a day authentik remembers what a caller was shown of a page, whatever was asked for then; but not where text is searched. It strips
  // the blank. Superusers are shown what policies forbid them, too.
  always: { search: ' ', superuser_full_list: true },
})

const secondKey = uuidKey('pk')

/** The key by which other lists of authentik know an application. Throws UPSTREAM_INVALID_RESPONSE where it has none. */
export function pkOf(application: ApplicationBody): string {
  const pk = findKey(secondKey, application)
  if (pk !== undefined) return pk
  throw invalidAnswer('an application without a usable "pk"')
}

/** That key of the application with this slug or global id. Throws BAD_USER_INPUT where the caller sees none. */
export async function findPk(context: Context, id: string): Promise<string> {
  const application = await applications.load(context, applications.readId(id), new Set()).catch(nullIfNotFound)
  if (application) return pkOf(application)
  throw inputError('an application that the caller may see', id)
}

function readAll(context: Context): Promise<readonly ApplicationBody[]> {
  return applicationList.readAll(context, {})
}

const loaded =
  'Where an application comes shortened (`OAuth2Provider.application`), this field is loaded: all that need it by one request.'

Application.implement({
  interfaces: [Node],
  description:
    'What people open, and sign in to through a provider. The list shows whoever asks what they may open; superusers see all.',
  fields: (t) => ({
    slug: t.exposeString('slug', { nullable: false, description: "authentik's key: a short name, unique." }),
    name: t.exposeString('name', { nullable: false, description: 'The name to show.' }),
    pk: t.expose('pk', { type: 'UUID', description: `A second key. ${loaded}` }),
    group: t.exposeString('group', {
      description: `The heading under which authentik shows it; may be empty. It is a text, and no \`Group\`. ${loaded}`,
    }),
    metaDescription: t.exposeString('meta_description', {
      description: `What administrators say of it; may be empty. ${loaded}`,
    }),
    metaPublisher: t.exposeString('meta_publisher', { description: `Who made it; may be empty. ${loaded}` }),
    metaIconUrl: t.string({
      reads: ['meta_icon_url', 'meta_icon'],
      description: `The address of its picture, absolute, as browsers reach authentik (AUTHENTIK_PUBLIC_URL); null without one. \`fa://\` names a symbol of Font Awesome. From authentik 2025.12 on the address of a file is good for some minutes. ${loaded}`,
      resolve: (application, _args, context) => iconOf(application, context.authentik.publicUrl),
    }),
    launchUrl: t.exposeString('launch_url', {
      description: `Where it opens, with what it says of the user filled in for the caller; null where authentik does not know. It may be a path on authentik. ${loaded}`,
    }),
    openInNewTab: t.exposeBoolean('open_in_new_tab', { description: `Whether it is to open in a new tab. ${loaded}` }),
    provider: t.field({
      type: OAuth2Provider,
      reads: ['provider_obj'],
      embedded: true,
      // It has what providers of all protocols have.
      shortened: (provider) => !('client_id' in provider),
      tells: toldOfProviders,
      description: `The OAuth2 provider through which people sign in; null where there is none, or one of another protocol. Of its own fields, those that grants of newer releases leave out are loaded, which needs the right \`view_oauth2provider\`, even where a grant shows them. ${loaded}`,
      resolve: ({ provider_obj: provider }) => (isOfOtherProtocol(provider) ? null : provider),
    }),
  }),
})

/** A shortened application as the list tells it, if it does, where more than that is selected. */
export async function fromList(
  context: Context,
  application: ApplicationBody,
  { reads }: Wanted,
): Promise<ApplicationBody> {
  if ([...reads].every((property) => property in application)) return application
  const { slug } = application
  try {
    const found = (await readAll(context)).find((row) => row.slug === slug)
    if (found) return found
    throw hidden()
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    // Many may be hidden, or the list fails: they are not looked up one by one.
    refuse(context, ofList, slug, error)
    return application
  }
}

/** The application of a provider, shortened; null without one. */
export function applicationOf({
  assigned_application_slug: slug,
  assigned_application_name: name,
}: OAuth2ProviderBody): ApplicationBody | null {
  return slug == null ? null : ({ slug, ...(name != null && { name }) } as ApplicationBody)
}

/** From 2025.12 on the icon's address stands beside the name of its file; before, in its place. */
function iconOf(application: ApplicationBody, base: URL): string | null {
  const icon = 'meta_icon_url' in application ? application.meta_icon_url : application.meta_icon
  if (!icon) return null
  // The name of a file, whose address is missing.
  if (!icon.startsWith('/') && !URL.canParse(icon)) throw invalidAnswer('no usable "meta_icon_url"')
  return URL.canParse(icon) || !URL.canParse(icon, base) ? icon : new URL(icon, base).href
}

const ApplicationConnection = connectionOf(Application)

const ApplicationFilter = builder.inputType('ApplicationFilter', {
  description: 'Filters the list. If several fields are set, an application must match all of them.',
  fields: (t) => ({
    search: t.string({
      description: 'Text to look for in names, slugs, descriptions, publishers, groups and launch URLs.',
    }),
    name: t.string({ description: 'With this name.' }),
    group: t.string({ description: 'Under this heading.' }),
  }),
})

builder.queryFields((t) => ({
  application: oneField(
    t,
    applications,
    'One application, null when it is absent or hidden. Whoever has the right `view_application` sees every one, others those that they may open.',
  ),
  applications: t.field({
    type: ApplicationConnection,
    asks: 'whole',
    description: `Applications by their slugs: those that the caller may open, and all for superusers. The list is read whole, whatever is asked of it, up to ${limits.rowsOfWholeList} applications.`,
    args: {
      ...pageArgs,
      filter: t.arg({ type: ApplicationFilter, description: 'Which of them to list. Without it: all.' }),
    },
    resolve: (_root, { filter, ...page }, context, info) =>
      applicationList.connectAll(context, filter ?? {}, page, wantedOf(info, 'ApplicationConnection')),
  }),
  applicationsByIds: byIdsField(t, applications, 'Applications in the order of the ids, each null alone.'),
}))

builder.objectField(OAuth2Provider, 'application', (t) =>
  t.field({
    type: Application,
    reads: ['assigned_application_slug'],
    shortened: true,
    tells: ['slug', 'name'],
    description:
      'The application that people sign in to through it; null without one. `slug` and `name` come with the provider. All else is NOT_FOUND where policies hide the application from the caller, even where a consent shows it.',
    resolve: applicationOf,
  }),
)
