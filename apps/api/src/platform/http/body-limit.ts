import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** In bytes. A body that is larger is refused as it comes, before anything reads it. */
const bodyLimits = { usual: 256 * 1024, large: 1024 * 1024 };

/** Lets a route take a body of up to 1 MB: for batches, and for what others send as they like. */
export const LargeBody = (): MethodDecorator => RouteConfig({ large_body: true });

/** Call it before the application registers its routes. */
export function limitBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const isLarge = route.config !== undefined && 'large_body' in route.config;
    route.bodyLimit = isLarge ? bodyLimits.large : bodyLimits.usual;
  });
}
