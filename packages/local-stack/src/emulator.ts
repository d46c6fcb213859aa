import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { startService, waitUntilReady, type Service } from './processes.ts';
import { isListening } from './free-port.ts';

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
}

export interface RunningEmulator {
  url: string;
  service: Service;
  stop(): Promise<void>;
}

/** Starts the Stripe emulator as a process of its own, as the stack needs it. */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  const port = options.port ?? (await freePort());
  const main = join(dirname(fileURLToPath(import.meta.resolve('@billingos/stripe-emulator'))), 'main.ts');
  const webhooks = `${options.apiUrl}/api/v1/webhooks/stripe`;
  const service = await startService({
    name: 'stripe-emulator',
    command: process.execPath,
    args: [
      main,
      ...['--data', options.dataDir],
      ...['--forward-test-to', `${webhooks}/test`, '--forward-live-to', `${webhooks}/live`],
    ],
    env: {
      ...process.env,
      PORT: String(port),
      // Secrets as variables: everybody on the machine can read arguments.
      FORWARD_TEST_SECRET: options.testWebhookSecret,
      FORWARD_LIVE_SECRET: options.liveWebhookSecret,
    },
    logFile: options.logFile,
  });
  try {
    await waitUntilReady(service, () => isListening(port));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, service, stop: () => service.stop() };
}
