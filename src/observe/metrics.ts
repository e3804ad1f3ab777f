import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Observer } from './observer.ts'

/** What is like it is at the moment, asked when metrics are read. */
export interface Conditions {
  /** Requests that wait for their turn at authentik, and that are on their way. */
  readonly queue: { readonly waiting: number; readonly running: number }
  readonly circuit: 'closed' | 'open' | 'probing'
  /** Lines of the log that were lost. */
  readonly lostLines: number
}

/** What RATE_LIMIT has done, asked when metrics are read. */
export interface RateLimited {
  /** Queries that were refused. */
  readonly refused: number
  /** Whether all replicas are counted together at the moment; undefined where each counts for itself. */
  readonly isShared: boolean | undefined
}

export interface Metrics {
  readonly observer: Partial<Observer>
  /** All metrics in Prometheus' text format, and its content type. */
  read(): Promise<{ text: string; type: string }>
}

/** Seconds, as OpenTelemetry advises for HTTP, and some for authentik's long lists. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]

/** Requests to authentik that one query makes: an operation may make 500. */
const requestBuckets = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500]

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']

/**
 * Counts what happens, by OpenTelemetry's names where it has one. Every label is of a closed set: no caller can make new ones.
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
 */
export function createMetrics(conditions: () => Conditions, rateLimit?: RateLimited): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const histogram = (name: string, help: string, ...labelNames: string[]) =>
    new Histogram({ name, help, labelNames, buckets, registers })
  const ofHttp = ['http_request_method', 'http_response_status_code', 'error_type']
  const served = histogram('http_server_request_duration_seconds', 'Requests of callers.', 'http_route', ...ofHttp)
  const asked = histogram(
    'http_client_request_duration_seconds',
    'Requests to authentik, each try of its own.',
    'url_template',
    ...ofHttp,
  )
  const waited = histogram(
    'authentik_graphql_queue_duration_seconds',
    'The wait of requests to authentik for their turn.',
  )
  const ofQueries = (name: string, help: string) =>
    new Histogram({ name: `authentik_graphql_query_${name}`, help, buckets: requestBuckets, registers })
  const estimated = ofQueries('estimated_requests', 'Requests to authentik that queries were expected to make at most.')
  const made = ofQueries('requests', 'Requests to authentik that the same queries made.')
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `authentik_graphql_${name}`, help, labelNames, registers })
  const refused = counter('refused_total', 'Requests to authentik that were refused, since too many wait.')
  const shared = counter('shared_total', 'Reads that shared the request of another.')
  const joined = counter('joined_total', 'Queries that had the answer of an identical one on its way.')
  const retried = counter('retried_total', 'Further tries of requests to authentik.')
  const errors = counter('errors_total', 'Errors in answers, by code.', 'code')
  const deletions = counter('deletions_total', 'Deletions, by outcome.', 'outcome')
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `authentik_graphql_${name}`,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  gauge('queue_waiting', 'Requests to authentik that wait for their turn.', () => conditions().queue.waiting)
  gauge('queue_running', 'Requests to authentik on their way.', () => conditions().queue.running)
  new Gauge({
    name: 'authentik_graphql_circuit_state',
    help: 'Where the circuit to authentik stands: 1 for the state that holds.',
    labelNames: ['state'],
    registers,
    collect() {
      const { circuit } = conditions()
      for (const state of ['closed', 'open', 'probing']) this.set({ state }, state === circuit ? 1 : 0)
    },
  })
  const total = (name: string, help: string, value: () => number) =>
    new Counter({
      name: `authentik_graphql_${name}_total`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  total('log_lines_lost', 'Lines of the log that were lost.', () => conditions().lostLines)
  if (rateLimit) total('rate_limited', 'Queries that were refused by RATE_LIMIT.', () => rateLimit.refused)
  if (rateLimit?.isShared !== undefined) {
    const help = '1 while Redis counts RATE_LIMIT for all replicas, 0 while it is gone.'
    gauge('rate_limit_shared', help, () => Number(rateLimit.isShared))
  }

  const observer: Partial<Observer> = {
    requestEnded({ method, path, status, hungUp, errors: codes, took }) {
      const labels = {
        http_request_method: methods.includes(method) ? method : '_OTHER',
        http_route: path,
        http_response_status_code: hungUp ? '' : status,
        error_type: hungUp ? 'hung_up' : status >= 500 ? status : '',
      }
      served.observe(labels, took.all / 1000)
      for (const [code, count] of codes) errors.inc({ code }, count)
    },
    operationEnded({ joined: isJoined, estimated: expected, requests }) {
      if (isJoined) joined.inc()
      if (expected === undefined) return
      estimated.observe(expected)
      made.observe(requests)
    },
    readEnded({ waited: wait, shared: isShared, failure }) {
      waited.observe(wait / 1000)
      if (isShared) shared.inc()
      if (failure?.code === 'UPSTREAM_BUSY') refused.inc()
    },
    attemptEnded({ method, template, resend, status, error, took }) {
      if (resend > 0) retried.inc()
      const labels = {
        http_request_method: method,
        url_template: template,
        http_response_status_code: status ?? '',
        error_type: error ?? '',
      }
      asked.observe(labels, took / 1000)
    },
    deletionEnded({ outcome }) {
      deletions.inc({ outcome })
    },
  }
  return { observer, read: async () => ({ text: await registry.metrics(), type: registry.contentType }) }
}
