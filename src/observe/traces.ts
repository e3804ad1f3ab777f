import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { AttemptFacts, Observer, OperationFacts } from './observer.ts'

/** `00-` trace `-` span `-` flags: https://www.w3.org/TR/trace-context/#traceparent-header */
const form = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})$/

/** A `traceparent` header as it came, if it is valid. A version unknown today may say more, which is not passed on. */
export function readTraceparent(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && form.test(header) ? header : undefined
}

/**
 * Spans by OpenTelemetry's API: SERVER for each operation, CLIENT for each request to authentik. Without an SDK, which the
 * operator loads, there are none, and a caller's `traceparent` is passed on as it came.
 */
export function traceRequests(): Partial<Observer> {
  const tracer = trace.getTracer('authentik-graphql')
  const spans = new WeakMap<OperationFacts | AttemptFacts, Span>()
  // Without an SDK, and without a `traceparent` of the caller, there is nothing to keep.
  const keep = (of: OperationFacts | AttemptFacts, span: Span) => {
    if (trace.isSpanContextValid(span.spanContext())) spans.set(of, span)
  }
  return {
    operationStarted(operation) {
      const { name, kind, request } = operation
      const attributes = {
        'graphql.operation.type': kind ?? '',
        ...(name !== undefined && { 'graphql.operation.name': name }),
        'http.request.method': request.method,
        'url.path': request.path,
      }
      const parent = parentOf(request.traceparent)
      keep(operation, tracer.startSpan(kind ?? 'operation', { kind: SpanKind.SERVER, attributes }, parent))
    },
    operationEnded(operation) {
      const span = spans.get(operation)
      const [code] = operation.codes
      if (code !== undefined) span?.setAttribute('error.type', code)
      if (operation.codes.includes('INTERNAL_SERVER_ERROR')) span?.setStatus({ code: SpanStatusCode.ERROR })
      span?.end()
    },
    attemptStarted(attempt) {
      const { operation, method, template, resend } = attempt
      const attributes = {
        'http.request.method': method,
        'url.template': template,
        ...(resend > 0 && { 'http.request.resend_count': resend }),
      }
      const parent = spans.get(operation)
      const within = parent ? trace.setSpan(context.active(), parent) : context.active()
      const span = tracer.startSpan(`${method} ${template}`, { kind: SpanKind.CLIENT, attributes }, within)
      keep(attempt, span)
      const { traceId, spanId, traceFlags } = span.spanContext()
      const made = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
      const came = attempt.traceparent
      // Without an SDK the span is the caller's own again.
      if (form.test(made) && !came?.includes(`${traceId}-${spanId}`)) attempt.traceparent = made
    },
    attemptEnded(attempt) {
      const span = spans.get(attempt)
      const { status, error } = attempt
      if (status !== undefined) span?.setAttribute('http.response.status_code', status)
      if (error !== undefined) span?.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
      span?.end()
    },
  }
}

function parentOf(traceparent: string | undefined) {
  const [, , traceId, spanId, flags] = form.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId || !flags) return context.active()
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return trace.setSpanContext(context.active(), parent)
}
