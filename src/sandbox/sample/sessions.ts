import { uuid } from '../keys.ts'
import { users } from './people.ts'

/** What authentik reads from the User-Agent header of a browser. */
interface Agent {
  string: string
  user_agent: { family: string } & Numbers<'major' | 'minor' | 'patch'>
  os: { family: string } & Numbers<'major' | 'minor' | 'patch' | 'patch_minor'>
  device: { family: string; brand: string | null; model: string | null }
}

type Numbers<Names extends string> = Record<Names, string | null>

/** A browser in which somebody signed in, by the names of authentik's columns. */
export interface SessionRow {
  pk: string
  uuid: string
  user: number
  user__username: string
  session__last_ip: string
  session__last_user_agent: string
  session__last_used: string
  session__expires: string
  agent: Agent
  geo_ip: { continent: string; country: string; lat: number; long: number; city: string } | null
  asn: { asn: number; as_org: string | null; network: string | null } | null
}

const noNumbers = { major: null, minor: null, patch: null }
const other = { family: 'Other', ...noNumbers, patch_minor: null }
const unknownDevice = { family: 'Other', brand: null, model: null }

const agents: readonly Agent[] = [
  {
    string:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36',
    user_agent: { family: 'Chrome', major: '129', minor: '0', patch: '0' },
    os: { ...other, family: 'Windows', major: '10' },
    device: unknownDevice,
  },
  {
    string:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    user_agent: { family: 'Mobile Safari', major: '17', minor: '5', patch: null },
    os: { ...other, family: 'iOS', major: '17', minor: '5' },
    device: { family: 'iPhone', brand: 'Apple', model: 'iPhone' },
  },
  {
    string: 'curl/8.5.0',
    user_agent: { family: 'curl', major: '8', minor: '5', patch: '0' },
    os: other,
    device: unknownDevice,
  },
  { string: '', user_agent: { family: 'Other', ...noNumbers }, os: other, device: unknownDevice },
]

/** Who signs in with a browser: no machine, nobody who may not, and not who is for emergencies. */
const people = users.filter(({ type, is_active, username }) => {
  return !type.endsWith('service_account') && is_active && username !== 'break-glass'
})

/** Four for each of them, one for each kind of browser. Paul's last one has expired. */
export const sessions: readonly SessionRow[] = Array.from({ length: 4 * people.length }, (_, index) =>
  session(index + 1),
)

function session(number: number): SessionRow {
  const round = Math.floor((number - 1) / people.length)
  const [{ pk: user, username }, agent] = [at(people, number * 7), at(agents, round)]
  const address = number % 20 === 19 ? `2001:db8::${number}` : `192.0.2.${number}`
  const day = String(1 + (number % 28)).padStart(2, '0')
  return {
    pk: uuid('session', number),
    uuid: uuid('session', number),
    user,
    user__username: username,
    session__last_ip: address,
    session__last_user_agent: agent.string,
    session__last_used: `2026-08-${day}T08:15:${String(number % 60).padStart(2, '0')}.364755Z`,
    session__expires: `${number === 63 ? 2024 : 2036}-09-${day}T08:15:00.364502Z`,
    agent,
    ...placeOf(number),
  }
}

/** The databases of places and of networks do not know every address, and not of all that they know the same. */
function placeOf(number: number): Pick<SessionRow, 'geo_ip' | 'asn'> {
  const tromso = { continent: 'EU', country: 'NO', lat: 69.65, long: 18.96, city: number % 2 ? 'Tromsø' : '' }
  const network = { asn: 64500, as_org: 'Nordlicht Nett', network: number % 2 ? '192.0.2.0/24' : null }
  return { geo_ip: [3, 0].includes(number % 5) ? tromso : null, asn: [3, 4].includes(number % 5) ? network : null }
}

/** One of the list, which begins again at its end. */
function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T
}
