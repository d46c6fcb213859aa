import { describe, expect, it } from 'vitest';
import { endpointOf } from './endpoint.ts';

describe('an endpoint', () => {
  it.each([
    ['/users/42', '/users/:id'],
    ['https://api.acme.com/users/43/?full=1', '/users/:id'],
    ['/users/0199f0c3-a1b2-7c3d-8e4f-5061728394a5/invoices', '/users/:id/invoices'],
    ['/v1/customers/cus_NffrFeUfNV2Hib', '/v1/customers/:id'],
    ['/files/d41d8cd98f00b204e9800998ecf8427e', '/files/:id'],
    ['/by-mail/ada@example.com', '/by-mail/:id'],
    ['/search?q=ada', '/search'],
    ['v2/orders', '/v2/orders'],
    ['//a///b', '/a/b'],
    ['/', '/'],
    ['', '/'],
    ['/users/me', '/users/me'],
    ['/oauth2/token', '/oauth2/token'],
    ['/internationalization-settings', '/internationalization-settings'],
  ])('%s is counted as %s', (address, endpoint) => {
    expect(endpointOf(address)).toBe(endpoint);
  });

  it('is counted in at most 200 characters', () => {
    expect(endpointOf(`/${'a/'.repeat(500)}`).length).toBe(200);
  });
});
