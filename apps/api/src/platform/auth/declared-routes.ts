import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { requirementKey } from './requires.ts';

/** Refuses to boot while a route does not declare its credential: what is forgotten is closed, not open. */
@Injectable()
export class DeclaredRoutes implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const undeclared = this.discovery.getControllers().flatMap(({ metatype, instance }) =>
      this.scanner
        .getAllMethodNames(Object.getPrototypeOf(instance))
        .map((name) => ({ name, method: instance[name] }))
        .filter(({ method }) => this.reflector.get(METHOD_METADATA, method) !== undefined)
        .filter(({ method }) => this.reflector.get(requirementKey, method) === undefined)
        .map(({ name }) => `${metatype?.name ?? 'controller'}.${name}`),
    );
    if (undeclared.length > 0) {
      throw new Error(
        `Routes without a declared credential: ${undeclared.join(', ')}. Add @Requires, @RequiresUser or @Unauthenticated.`,
      );
    }
  }
}
