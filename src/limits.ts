import { authentikLimits } from './limits/authentik.ts'
import { callersLimits } from './limits/callers.ts'
import { processLimits } from './limits/process.ts'

/** Every number that bounds something, with its reason. */
export const limits = { ...callersLimits, ...authentikLimits, ...processLimits } as const
