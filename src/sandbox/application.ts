import { since } from '../releases.ts'
import type { ApiRequest, Route } from './api.ts'
import type { Caller } from './callers.ts'
import { collectionRoutes, type Resource, visibleByRight } from './collection.ts'
import { effectiveGroupsOf } from './directory.ts'
import { filtered, text } from './filters.ts'
import { nameKey } from './keys.ts'
import { presentSlimProvider } from './oauth2-provider.ts'
import { ordered } from './order.ts'
import { pageOf } from './page.ts'
import { type ApplicationRow, applications } from './sample/applications.ts'
import { providerOf } from './sample/providers.ts'
import { searched } from './search.ts'

/** An application, as in /core/applications/ and inside a consent. */
export function presentApplication(row: ApplicationRow, request: ApiRequest) {
  const { release } = request
  return {
    pk: row.pk,
    ...(since(release, '2026.8') && { pbm_uuid: row.pk }),
    name: row.name,
    slug: row.slug,
    provider: row.provider,
    provider_obj: presentProviderOf(row, request),
    backchannel_providers: row.backchannel_providers,
    backchannel_providers_obj: row.backchannel_providers.map((pk) => presentBackchannel(pk, request)),
    launch_url: launchUrlOf(row, request),
    open_in_new_tab: row.open_in_new_tab,
    meta_launch_url: row.meta_launch_url,
    ...presentIcon(row, request),
    meta_description: row.meta_description,
    meta_publisher: row.meta_publisher,
    ...(since(release, '2026.8') && { meta_hide: false }),
    policy_engine_mode: 'any',
    group: row.group,
  }
}

function presentProviderOf({ provider, protocol, slug, name }: ApplicationRow, request: ApiRequest) {
  if (provider === null) return null
  if (protocol === 'oauth2') return presentSlimProvider(providerOf(provider), request)
  return {
    ...presentSlimProvider(providerOf(1), request),
    pk: provider,
    name,
    component: 'ak-provider-saml-form',
    assigned_application_slug: slug,
    assigned_application_name: name,
    verbose_name: 'SAML Provider',
    verbose_name_plural: 'SAML Providers',
    meta_model_name: 'authentik_providers_saml.samlprovider',
  }
}

/** authentik does not tell of which kind such a provider is. */
function presentBackchannel(pk: number, request: ApiRequest) {
  return {
    ...presentSlimProvider(providerOf(pk), request),
    authentication_flow: null,
    authorization_flow: null,
    invalidation_flow: null,
    property_mappings: [],
    component: '',
    assigned_application_slug: null,
    assigned_application_name: null,
    verbose_name: 'provider',
    verbose_name_plural: 'providers',
    meta_model_name: 'authentik_core.provider',
  }
}

/** Formatted for the caller, whoever's application it is; a template that is wrong is handed out as it is. */
function launchUrlOf({ meta_launch_url: template, provider, protocol, slug }: ApplicationRow, { caller }: ApiRequest) {
  if (/%\((?!username\))/.test(template)) return template
  if (template !== '') return template.replaceAll('%(username)s', caller?.user.username ?? '')
  if (provider === null) return null
  if (protocol === 'saml') return `/application/saml/${slug}/sso/binding/init/`
  const [first] = providerOf(provider).redirect_uris
  return first && URL.canParse(first.url) ? new URL(first.url).origin : null
}

/** Up to 2025.10 the icon is an address, later on the name of a file beside a signed address that is good for minutes. */
function presentIcon({ meta_icon: icon }: ApplicationRow, { release }: ApiRequest) {
  const isFile = icon !== '' && !icon.includes('://')
  if (!since(release, '2025.12')) return { meta_icon: isFile ? `/media/public/${icon}` : icon || null }
  const signed = `/files/media/public/${icon}?token=demo-signature`
  return { meta_icon: icon, meta_icon_url: isFile ? signed : icon || null, meta_icon_themed_urls: null }
}

const resource: Resource<ApplicationRow> = {
  path: 'core/applications/',
  model: 'Application',
  key: { property: 'slug', kind: nameKey },
  rows: applications,
  visible: visibleByRight('view_application'),
  filters: [
    text('name', (row) => row.name),
    text('slug', (row) => row.slug),
    text('group', (row) => row.group),
    text('meta_launch_url', (row) => row.meta_launch_url),
    text('meta_description', (row) => row.meta_description),
    text('meta_publisher', (row) => row.meta_publisher),
  ],
  search: ['name', 'slug', 'meta_launch_url', 'meta_description', 'meta_publisher', 'group'],
  columns: ['pk', 'name', 'slug', 'group', 'meta_publisher', 'provider'],
  order: ['name'],
  present: presentApplication,
}

/** /core/applications/ */
export function coreApplications(): Route[] {
  const remembered = new Map<string, readonly ApplicationRow[]>()
  return collectionRoutes(resource).map((route) =>
    route.path === resource.path ? { ...route, get: (request) => list(request, remembered) } : route,
  )
}

/**
 * A page of all applications, of which those are left out that policies forbid the caller: it may be short, and `count` counts them all
 * the same. What a caller was shown of a page is remembered by its number, whatever was asked for, unless the request searches.
 */
function list(request: ApiRequest, remembered: Map<string, readonly ApplicationRow[]>) {
  const { caller, query, release } = request
  const all = searched(filtered(applications, resource.filters, request), resource.search, request)
  const { pagination, items } = pageOf(ordered(all, resource, request), request)
  const showsAll = caller?.superuser && query.last('superuser_full_list') === 'true'
  const isRemembered = !showsAll && (query.last('search') ?? '') === ''
  const place = `${caller?.user.pk} ${query.last('page') ?? 1}`
  const allowed = () => items.filter((row) => showsAll || mayOpen(row, caller, release))
  const shown = (isRemembered && remembered.get(place)) || allowed()
  if (isRemembered && shown.length > 0) remembered.set(place, shown)
  const results = shown.map((row) => presentApplication(row, request))
  return { pagination, results, ...(since(release, '2025.8') && { autocomplete: {} }) }
}

function mayOpen({ allowed }: ApplicationRow, caller: Caller | null, release: ApiRequest['release']): boolean {
  if (!allowed || !caller) return true
  return effectiveGroupsOf(caller.user, release).some((group) => allowed.includes(group.pk))
}
