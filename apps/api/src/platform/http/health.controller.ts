import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { sql } from 'kysely';
import type { FastifyReply } from 'fastify';
import { Unauthenticated } from '../auth/requires.ts';
import { Database } from '../database/database.ts';
import { Redis } from '../redis.ts';

type Condition = 'up' | 'down';

/** For load balancers and people: is the process alive, and does each part it depends on answer? */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
  ) {}

  @Get('live')
  @Unauthenticated('a load balancer has no credential, and the answer tells nothing', 'admin', {
    isLimited: false,
  })
  live(): { status: 'up' } {
    return { status: 'up' };
  }

  /** 503 while Postgres is away. Without Redis we answer from Postgres, slower: "degraded", and still ready. */
  @Get(['', 'ready'])
  @Unauthenticated('a load balancer has no credential, and the answer tells only what is up', 'admin', {
    isLimited: false,
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const [postgres, redis] = await Promise.all([this.postgres(), this.cache()]);
    const status = postgres === 'down' ? 'down' : redis === 'down' ? 'degraded' : 'up';
    reply.status(status === 'down' ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK);
    return { status, dependencies: { postgres, redis } };
  }

  private async postgres(): Promise<Condition> {
    try {
      await sql`select 1`.execute(this.database.functions);
      return 'up';
    } catch {
      return 'down';
    }
  }

  private async cache(): Promise<Condition> {
    return (await this.redis.ping()) ? 'up' : 'down';
  }
}
