import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freePort } from './free-port.ts';
import { respondsOk, startService, waitUntilReady, type Service } from './processes.ts';

export interface MailOptions {
  /** Folder of the received mails; they survive a restart. */
  dir: string;
  /** Free ports when omitted. */
  smtpPort?: number;
  webPort?: number;
  logFile: string;
}

export interface RunningMail {
  /** `smtp://127.0.0.1:port`: takes every mail, delivers none. */
  smtpUrl: string;
  /** The inbox page. `GET /email` answers with the mails as JSON, `DELETE /email/all` empties it. */
  url: string;
  service: Service;
  stop(): Promise<void>;
}

/** Starts maildev: an SMTP server that keeps every mail, and a page to read them. */
export async function startMail(options: MailOptions): Promise<RunningMail> {
  const smtpPort = options.smtpPort ?? (await freePort());
  const webPort = options.webPort ?? (await freePort());
  mkdirSync(options.dir, { recursive: true });
  const url = `http://127.0.0.1:${webPort}`;
  const service = await startService({
    name: 'mail',
    command: process.execPath,
    args: [
      createRequire(import.meta.url).resolve('maildev/bin/maildev'),
      ...['--ip', '127.0.0.1', '--smtp', String(smtpPort), '--web', String(webPort)],
      ...['--mail-directory', options.dir],
    ],
    logFile: options.logFile,
  });
  try {
    await waitUntilReady(service, () => respondsOk(`${url}/healthz`));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { smtpUrl: `smtp://127.0.0.1:${smtpPort}`, url, service, stop: () => service.stop() };
}
