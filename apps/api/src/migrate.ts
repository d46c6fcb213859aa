import { migrate } from './platform/database/migrate.ts';

const databaseUrl = process.env['MIGRATION_DATABASE_URL'];
if (databaseUrl === undefined || databaseUrl === '') {
  process.stderr.write(
    'MIGRATION_DATABASE_URL is not set: the owner of the schema, not the role the API runs as.\n',
  );
  process.exit(1);
}
for (const name of await migrate(databaseUrl)) {
  process.stdout.write(`applied ${name}\n`);
}
