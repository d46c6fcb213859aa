import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Env } from '../../env.ts';
import { isLoopback, isPublicAddress } from './public-address.ts';

const timeoutMs = 10_000;
const answerBytesMax = 64 * 1_024;

/** An address that a merchant gave and that we do not call. The message says why. */
export class UrlNotAllowed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UrlNotAllowed';
  }
}

/**
 * Calls addresses that merchants gave us, which must not lead into our own network: https on its own port, to a public
 * address. The name is resolved once, every address is looked at, and the connection goes to the one that was looked at,
 * so that a name cannot mean another address a moment later. Redirects are not followed.
 */
@Injectable()
export class MerchantUrls {
  private readonly loopbackAllowed: boolean;

  constructor(env: Env) {
    this.loopbackAllowed = env.get('MERCHANT_URLS_LOOPBACK') === 'allow';
  }

  /**
   * Posts JSON text and returns the status and how the answer begins. Throws `UrlNotAllowed`, or what the network threw.
   */
  async post(
    address: string,
    json: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    const url = new URL(address);
    const pinned = await this.resolve(url);
    const payload = Buffer.from(json, 'utf8');
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json', 'content-length': payload.byteLength },
          timeout: timeoutMs,
          signal: AbortSignal.timeout(timeoutMs),
          agent: false,
          lookup: (_host, options, answer) => {
            if (options.all === true) {
              answer(null, [pinned]);
            } else {
              answer(null, pinned.address, pinned.family);
            }
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
            if (text.length > answerBytesMax) {
              response.destroy();
            }
          });
          response.on('close', () =>
            resolve({ status: response.statusCode ?? 0, text: text.slice(0, answerBytesMax) }),
          );
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  /** Throws `UrlNotAllowed` for an address that would not be called. */
  async assertAllowed(address: string): Promise<void> {
    await this.resolve(new URL(address));
  }

  private async resolve(url: URL): Promise<{ address: string; family: number }> {
    if (url.username !== '' || url.password !== '') {
      throw new UrlNotAllowed('it must hold no user name and no password');
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const found = await addressesOf(host);
    const [first] = found;
    if (first === undefined) {
      throw new UrlNotAllowed(`there is no server of the name ${host}`);
    }
    if (this.loopbackAllowed && found.every(({ address }) => isLoopback(address))) {
      return first;
    }
    if (url.protocol !== 'https:' || url.port !== '') {
      throw new UrlNotAllowed('it must begin with https:// and name no port');
    }
    if (!found.every(({ address }) => isPublicAddress(address))) {
      throw new UrlNotAllowed(`${host} is not on the public internet`);
    }
    return first;
  }
}

async function addressesOf(host: string): Promise<{ address: string; family: number }[]> {
  const family = isIP(host);
  return family === 0 ? lookup(host, { all: true }).catch(() => []) : [{ address: host, family }];
}
