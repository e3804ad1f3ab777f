import { readFileSync } from 'node:fs'

/** For whom a schema is printed. */
export interface Readers {
  /** Composers of Apollo Federation. */
  readonly federation?: true
  /** Schema stitching. */
  readonly stitching?: true
}

/** Prints the schema, as it is in the package's file for those readers. */
export function printSchema({ federation, stitching }: Readers): void {
  const name = federation ? 'subgraph' : stitching ? 'stitching' : 'schema'
  process.stdout.write(readFileSync(new URL(`../../${name}.graphql`, import.meta.url)))
}
