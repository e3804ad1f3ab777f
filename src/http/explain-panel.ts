/**
 * What GraphiQL's page has beside GraphiQL where queries are explained: a box to tick under the answer, and a table of what
 * `extensions.explain` tells. It stands in the page as text, for a browser.
 */
export const explainPanel = `
<style>
  /* The editor of the answer reaches below its window. */
  .explain { position: relative; z-index: 1; border-top: 1px solid hsla(var(--color-neutral), var(--alpha-background-heavy)); padding: 10px 12px; font-size: 13px }
  .explain label { cursor: pointer }
  .explain .told { max-height: 30vh; overflow: auto }
  .explain table { border-collapse: collapse; margin-top: 8px; width: 100%; white-space: nowrap }
  .explain th, .explain td { padding: 2px 16px 2px 0; text-align: left; vertical-align: top }
  .explain th { font-weight: 600 }
  .explain .number { text-align: right }
  .explain .causes { white-space: normal }
</style>
<script>
  {
    const make = (name, className, ...children) => {
      const element = document.createElement(name)
      element.className = className
      element.append(...children)
      return element
    }
    const box = make('input', '')
    box.type = 'checkbox'
    const told = make('div', 'told')
    const panel = make('aside', 'explain', make('label', '', box, ' Explain what the query asks of authentik'), told)
    box.addEventListener('change', () => told.replaceChildren())

    const columns = [
      ['Endpoint', '', ({ endpoint }) => endpoint],
      ['Status', 'number', ({ status }) => status ?? 'none'],
      ['Rows', 'number', ({ rows }) => rows],
      ['Bytes', 'number', ({ bytes }) => bytes],
      ['Waited', 'number', ({ msWaiting }) => msWaiting.toFixed(1) + ' ms'],
      ['Took', 'number', ({ msUpstream }) => msUpstream.toFixed(1) + ' ms'],
      ['Note', '', ({ shared, retried }) => (shared ? 'shared' : retried ? 'retried' : '')],
      ['For', 'causes', ({ causes }) => causes.join(', ')],
    ]
    const show = ({ extensions }) => {
      const { requests, paid, estimate } = extensions?.explain ?? {}
      if (!requests) return told.replaceChildren('Not explained: authentik must have accepted the token.')
      const head = columns.map(([name, kind]) => make('th', kind, name))
      const rows = requests.map((one) => make('tr', '', ...columns.map(([, kind, tell]) => make('td', kind, tell(one)))))
      const sum = (name, { requests, rows }) => name + ': requests ' + requests + ', rows ' + rows + '. '
      told.replaceChildren(make('table', '', make('tr', '', ...head), ...rows), sum('Paid', paid), sum('Estimated', estimate))
    }

    const ask = window.fetch
    window.fetch = async (address, options) => {
      if (!box.checked) return ask(address, options)
      const headers = new Headers(options.headers)
      headers.set('x-explain', '1')
      const response = await ask(address, { ...options, headers })
      response.clone().json().then(show, () => show({}))
      return response
    }

    new MutationObserver(() => {
      const place = document.querySelector('.graphiql-response')
      if (place && panel.parentNode !== place) place.append(panel)
    }).observe(document.querySelector('#root'), { childList: true, subtree: true })
  }
</script>
`
