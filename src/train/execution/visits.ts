// The order in which blocks of targets pass by rows of the grid that stay where they are. (9.10) of docs/math.md.

/** Rows of the grid, blocks of contexts, that lie together: from … to − 1. */
export interface Rows {
  from: number;
  to: number;
}

/** What rows do with a block of targets before it goes on: a cell of each, of all that are due. */
export interface Visit {
  /** column of the grid, counted on past the last one: the block of targets is this modulo their number */
  column: number;
  target: number;
  /** the rows whose cells are due, the last of them first */
  rows: Rows;
  /** cells of the chunk that the block has been in before, and has been in afterwards */
  before: number;
  after: number;
}

/** The rows of one of several groups, which have about as many each. */
export function rowsOfGroup({ from, to }: Rows, group: number, groups: number): Rows {
  const bound = (group: number) => from + Math.floor((group * (to - from)) / groups);
  return { from: bound(group), to: bound(group + 1) };
}

/** Columns at which some rows have cells of a chunk: from the first to before the last. */
export function columnsOf({ from, to }: Rows, blocks: number): Rows {
  return { from, to: to + blocks - 1 };
}

/** What some rows do at a column; undefined if none of their cells is due there. */
export function visitAt({ from, to }: Rows, column: number, blocks: number): Visit | undefined {
  // row i meets the columns i … i + B − 1
  const rows = { from: Math.max(from, column - blocks + 1), to: Math.min(to, column + 1) };
  if (rows.from >= rows.to) return undefined;
  const [before, after] = [column - rows.to + 1, column - rows.from + 1];
  return { column, target: column % blocks, rows, before, after };
}
