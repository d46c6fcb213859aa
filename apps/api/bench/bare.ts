// What the API is compared with: Fastify with nothing on it, in a process of its own.
import Fastify from 'fastify';
import { Redis } from 'ioredis';

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const server = Fastify();

server.get<{ Querystring: { customer: string } }>('/check', async (request, reply) => {
  const value = await redis.get(`bare:${request.query.customer}`);
  return reply.header('content-type', 'application/json; charset=utf-8').send(value);
});

server.post<{ Body: { idempotency_key: string } }>('/track', async (request) => ({
  id: 'evt',
  idempotency_key: request.body.idempotency_key,
  status: 'accepted',
}));

await server.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
