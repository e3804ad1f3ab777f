// What the gateway is to reach: CPU per request, as a multiple of what another takes.
export const goals = [
  { workload: 'W1', than: 'limit', most: 1.85 },
  { workload: 'W2', than: 'limit', most: 1.6 },
  { workload: 'W3', than: 'limit', most: 1.05 },
  { workload: 'W4', than: 'limit', most: 1 },
  { workload: 'W1h', than: 'limit', most: 0.5 },
  { workload: 'W3h', than: 'limit', most: 0.1 },
  { workload: 'W1', than: 'Tailcall', most: 1 },
  { workload: 'W3', than: 'Tailcall', most: 0.25 },
  { workload: 'W4', than: 'Tailcall', most: 0.25 },
  { workload: 'W4', than: 'Mercurius + JIT', most: 0.6 },
]
