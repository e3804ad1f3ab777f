import type { ApiRequest, Route } from './api.ts'
import { collectionRoutes, visibleToOwner } from './collection.ts'
import { userOf } from './directory.ts'
import { choice, flag, text, times } from './filters.ts'
import { nameKey } from './keys.ts'
import { type ApiTokenRow, apiTokens as rows } from './sample/api-tokens.ts'
import { presentUser } from './user.ts'

const intents = ['verification', 'api', 'recovery', 'app_password']

/** /core/tokens/ */
export function apiTokens(): Route[] {
  return collectionRoutes<ApiTokenRow>({
    path: 'core/tokens/',
    model: 'Token',
    key: { property: 'identifier', kind: nameKey },
    rows,
    // Before, the right was not looked at.
    visible: visibleToOwner('view_token', '2026.2'),
    filters: [
      text('identifier', (row) => row.identifier),
      choice('intent', intents, (row) => row.intent),
      text('user__username', (row) => row.user__username),
      text('description', (row) => row.description),
      ...times<ApiTokenRow>('expires', '0', (row) => row.expires ?? '').slice(0, 1),
      flag('expiring', (row) => row.expiring),
      text('managed', (row) => row.managed ?? ''),
    ],
    search: ['identifier', 'intent', 'user__username', 'description'],
    columns: ['pk', 'identifier', 'expires', 'expiring', 'intent', 'user', 'description', 'managed'],
    order: ['identifier', 'expires'],
    deleteRight: 'delete_token',
    owner: (row) => row.user,
    removed: ({ token = '' }, { gone }) => gone.tokens.add(token),
    present,
  })
}

function present(row: ApiTokenRow, request: ApiRequest) {
  const { pk, managed, identifier, intent, user, description, expires, expiring } = row
  const user_obj = presentUser(userOf(user), request)
  return { pk, managed, identifier, intent, user, user_obj, description, expires, expiring }
}
