import { isIP } from 'node:net'
import { since } from '../releases.ts'
import type { Route } from './api.ts'
import { collectionRoutes, visibleByRight } from './collection.ts'
import { choices, type Filter, single, text } from './filters.ts'
import { uuidKey } from './keys.ts'
import { type EventRow, events } from './sample/events.ts'

function presentEvent({ pk, user, action, app, context, client_ip, created, expires, brand }: EventRow) {
  return { pk, user, action, app, context, client_ip, created, expires, brand }
}

/** What can happen, as far as authentik 2026.5 goes. */
const actions = [
  ...['login', 'login_failed', 'logout', 'user_write', 'suspicious_request', 'password_set', 'secret_view'],
  ...['secret_rotate', 'invitation_used', 'authorize_application', 'source_linked', 'impersonation_started'],
  ...['impersonation_ended', 'flow_execution', 'policy_execution', 'policy_exception', 'property_mapping_exception'],
  ...['system_task_execution', 'system_task_exception', 'system_exception', 'configuration_error'],
  ...['configuration_warning', 'model_created', 'model_updated', 'model_deleted', 'email_sent', 'update_available'],
  ...['export_ready', 'review_initiated', 'review_overdue', 'review_attested', 'review_completed', 'custom_'],
]

/** What stands at a place of the context, "" where nothing does. */
function inContext({ context }: EventRow, object: string, key: string): string {
  const value = context[object] as Readonly<Record<string, unknown>> | undefined
  return String(value?.[key] ?? '')
}

/** An address. authentik crashes at anything else. */
const clientIp: Filter<EventRow> = single('client_ip', (value) => {
  if (isIP(value) === 0) throw new TypeError(`'${value}' does not appear to be an IPv4 or IPv6 address`)
  return (row) => row.client_ip === value
})

const visible = visibleByRight<EventRow>('view_event')

/** /events/events/ */
export function eventsEvents(): Route[] {
  return collectionRoutes<EventRow>({
    path: 'events/events/',
    model: 'Event',
    key: { property: 'pk', kind: uuidKey },
    rows: events,
    visible: (rows, request) => visible(rows, request).filter((row) => since(request.release, row.since ?? '0')),
    filters: [
      single('username', (value) => (row) => row.username === value || row.context['username'] === value),
      single('action', (value) => (row) => row.action.includes(value)),
      { ...choices<EventRow>('actions', actions, (row) => row.action), since: '2025.6' },
      clientIp,
      text('brand_name', (row) => ('name' in row.brand ? String(row.brand.name) : '')),
      // Dashes count for nothing here, but below, where an application is looked for, they find nothing.
      single('context_model_pk', (value) => (row) => inContext(row, 'model', 'pk') === value.replaceAll('-', '')),
      text('context_model_name', (row) => inContext(row, 'model', 'model_name')),
      text('context_model_app', (row) => inContext(row, 'model', 'app')),
      text('context_authorized_app', (row) => inContext(row, 'authorized_application', 'pk')),
      { ...text<EventRow>('context_device', (row) => inContext(row, 'device', 'pk')), since: '2026.5.0-rc1' },
    ],
    search: ['action', 'app', 'client_ip', 'words'],
    columns: ['pk', 'created', 'action', 'app', 'client_ip', 'expires'],
    // The rows stand with the newest first.
    order: [],
    deleteRight: 'delete_event',
    present: presentEvent,
  })
}
