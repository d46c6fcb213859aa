import pg from 'pg';

const int8 = 20;

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`A bigint column holds ${text}, which a number cannot hold exactly.`);
  }
  return value;
}

/** How Postgres values become JavaScript's: `int8` a number (or an error beyond 2^53−1), `numeric` stays a string. */
export const postgresTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? parseInt8 : pg.types.getTypeParser(oid, format)) satisfies typeof pg.types.getTypeParser,
};
