import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Database } from '../../platform/database/database.ts';
import { Returns } from '../../platform/http/returns.ts';
import { pageFrom, pageOf, pageQuery, timestamp } from '../../platform/http/schemas.ts';
import { AuditRepository } from './audit.repository.ts';

const auditEntry = z
  .object({
    id: z.string(),
    action: z.string(),
    actor: z.object({ type: z.enum(['user', 'api_key', 'system']), id: z.string(), label: z.string() }),
    target: z.object({ type: z.string(), id: z.string() }),
    before: z.unknown().describe('What it was, as far as it changed. Null when it was made.'),
    after: z.unknown().describe('What it is now. Null when it is no more.'),
    created_at: timestamp,
  })
  .meta({ id: 'AuditEntry' });
const auditPage = pageOf(auditEntry).meta({ id: 'AuditEntryList' });

@Controller('audit-log')
export class AuditController {
  constructor(
    private readonly database: Database,
    private readonly entries: AuditRepository,
  ) {}

  @Get()
  @Requires('audit_log:read', { audience: 'dashboard' })
  @Returns(200, auditPage)
  async listAuditLog(
    @EnvironmentId() environmentId: string,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ) {
    const rows = await this.database.tenant(environmentId, () => this.entries.list(environmentId, query));
    const page = pageFrom(rows, query.limit);
    return {
      ...page,
      data: page.data.map((row) => ({
        ...row,
        actor: { type: row.actor_type, id: row.actor_id, label: row.actor_label },
        target: { type: row.target_type, id: row.target_id },
      })),
    };
  }
}
