import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startService, waitUntilReady, type Service } from './processes.ts';
import { freePort, isListening } from './free-port.ts';

export interface EmulatorOptions {
  /** Its state, which survives a restart. */
  dataDir: string;
  /** A free port when omitted. */
  port?: number;
  /** Webhooks go to `{apiUrl}/api/v1/webhooks/stripe/{test|live}`, signed with these secrets. */
  apiUrl: string;
  testWebhookSecret: string;
  liveWebhookSecret: string;
  logFile: string;
  /** Where the time of new data begins; now when omitted. */
  beginsAt?: Date | undefined;
}

export interface RunningEmulator {
  url: string;
  service: Service;
  stop(): Promise<void>;
}

/** Starts the Stripe emulator as a process of its own, as the stack needs it. */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const main = join(dirname(createRequire(import.meta.url).resolve('@billingos/stripe-emulator')), 'main.ts');
  const webhooks = `${options.apiUrl}/api/v1/webhooks/stripe`;
  const service = await startService({
    name: 'stripe-emulator',
    command: process.execPath,
    args: [main, '--data', options.dataDir],
    // Variables, not arguments: everybody on the machine can list those, the secrets among them.
    env: {
      ...process.env,
      PORT: String(port),
      EMULATOR_PUBLIC_URL: url,
      EMULATOR_FORWARD_TEST_TO: `${webhooks}/test`,
      EMULATOR_FORWARD_TEST_SECRET: options.testWebhookSecret,
      EMULATOR_FORWARD_LIVE_TO: `${webhooks}/live`,
      EMULATOR_FORWARD_LIVE_SECRET: options.liveWebhookSecret,
      ...(options.beginsAt === undefined ? {} : { EMULATOR_BEGINS_AT: options.beginsAt.toISOString() }),
    },
    logFile: options.logFile,
  });
  try {
    await waitUntilReady(service, () => isListening(port));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { url, service, stop: () => service.stop() };
}
