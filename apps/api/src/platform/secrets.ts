import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Env } from '../env.ts';

/** Where a secret is stored. It opens there and nowhere else: copied to another row, it is worthless. */
export interface Place {
  table: string;
  column: string;
  environment_id: string;
  row: string;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals what has to be stored and must not be read from the database: an envelope of AES-256-GCM. Each secret has a
 * key of its own, which is sealed with the instance's; both are bound to the place. `SECRETS_KEY` may list older keys
 * after the newest: they still open.
 */
@Injectable()
export class Secrets {
  private readonly keys: { id: string; key: Buffer }[];

  constructor(env: Env) {
    this.keys = env
      .get('SECRETS_KEY')
      .map((key) => ({ id: createHash('sha256').update(key).digest('base64url').slice(0, 8), key }));
  }

  /** `v1.KEY.SEALED_KEY.SEALED_TEXT`. */
  seal(place: Place, plain: string): string {
    const [newest] = this.keys;
    if (newest === undefined) {
      throw new Error('There is no key to seal secrets with.');
    }
    const own = randomBytes(32);
    return [
      'v1',
      newest.id,
      encrypt(newest.key, own, place).toString('base64url'),
      encrypt(own, Buffer.from(plain, 'utf8'), place).toString('base64url'),
    ].join('.');
  }

  /** Throws when it was sealed for another place, with a key that is not there any more, or was changed. */
  open(place: Place, sealed: string): string {
    const [version, keyId, sealedKey, sealedText] = sealed.split('.');
    const found = this.keys.find(({ id }) => id === keyId);
    if (version !== 'v1' || found === undefined || sealedKey === undefined || sealedText === undefined) {
      throw new Error(`The secret in ${place.table}.${place.column} was sealed with a key that is not here.`);
    }
    const own = decrypt(found.key, Buffer.from(sealedKey, 'base64url'), place);
    return decrypt(own, Buffer.from(sealedText, 'base64url'), place).toString('utf8');
  }
}

function encrypt(key: Buffer, plain: Buffer, place: Place): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(boundTo(place));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]);
}

function decrypt(key: Buffer, sealed: Buffer, place: Place): Buffer {
  const iv = sealed.subarray(0, ivBytes);
  const tag = sealed.subarray(ivBytes, ivBytes + tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
    .setAAD(boundTo(place))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
}

/** No two places are written alike, whatever their names hold. */
function boundTo({ table, column, environment_id: environmentId, row }: Place): Buffer {
  return Buffer.from(JSON.stringify([table, column, environmentId, row]), 'utf8');
}
