import { type Release, since } from '../releases.ts'

/** The text of an error. Since 2025.10 authentik sends it in the language that the request asks for. */
export class Sentence {
  readonly en: string
  readonly de: string

  constructor(en: string, de = en) {
    this.en = en
    this.de = de
  }
}

/** Thrown to end a request with an error in JSON. Sentences inside the body are translated when it is sent. */
export class Refusal extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(`authentik answers ${status}`)
    this.status = status
    this.body = body
  }
}

const detail = (status: number, en: string, de?: string) => new Refusal(status, { detail: new Sentence(en, de) })

/** Each error with a `detail`, made anew for each request. */
export const refuse = {
  credentialsMissing: () => detail(403, 'Authentication credentials were not provided.', 'Anmeldedaten fehlen.'),
  tokenInvalid: () => detail(403, 'Token invalid/expired'),
  schemeUnsupported: () => detail(403, 'Unsupported authentication type'),
  forbidden: () =>
    detail(
      403,
      'You do not have permission to perform this action.',
      'Sie sind nicht berechtigt, diese Aktion durchzuführen.',
    ),
  notFound: () => detail(404, 'Not found.', 'Nicht gefunden.'),
  /** Since 2025.6 the text of the 404 names the type of the absent object. */
  noSuchObject: (model: string, release: Release) =>
    since(release, '2025.6') ? detail(404, `No ${model} matches the given query.`) : refuse.notFound(),
  invalidPage: () => detail(404, 'Invalid page.', 'Ungültige Seite.'),
  methodNotAllowed: (method: string) =>
    detail(405, `Method "${method}" not allowed.`, `Methode "${method}" nicht erlaubt.`),
  notAcceptable: () =>
    detail(
      406,
      'Could not satisfy the request Accept header.',
      'Kann die Accept Kopfzeile der Anfrage nicht erfüllen.',
    ),
}

/** A 400 that names the parameters at fault. */
export function badParameters(complaints: Map<string, Sentence>): Refusal {
  return new Refusal(400, Object.fromEntries([...complaints].map(([name, complaint]) => [name, [complaint]])))
}

/** A 400 whose body is a bare array. */
export function badRequest(complaint: Sentence): Refusal {
  return new Refusal(400, [complaint])
}

/** The texts of errors about one parameter. */
export const complaint = {
  notOneOfThem: () =>
    new Sentence(
      'Select a valid choice. That choice is not one of the available choices.',
      'Bitte eine gültige Auswahl treffen. Dies ist keine gültige Auswahl.',
    ),
  noSuchChoice: (value: string) =>
    new Sentence(
      `Select a valid choice. ${value} is not one of the available choices.`,
      `Bitte eine gültige Auswahl treffen. ${value} ist keine gültige Auswahl.`,
    ),
  notValid: (value: string) => new Sentence(`“${value}” is not a valid value.`, `„${value}“ ist kein gültiger Wert.`),
  notUuid: (value: string) => new Sentence(`“${value}” is not a valid UUID.`, `„${value}“ ist keine gültige UUID.`),
  uuidExpected: () => new Sentence('Enter a valid UUID.', 'Bitte eine gültige UUID eingeben.'),
  notTime: () => new Sentence('Enter a valid date/time.'),
  nullCharacters: () => new Sentence('Null characters are not allowed.', 'Nullzeichen sind nicht erlaubt.'),
  notJson: () => new Sentence('filter: failed to parse JSON'),
  notMapping: () => new Sentence('filter: value must be key:value mapping'),
}
