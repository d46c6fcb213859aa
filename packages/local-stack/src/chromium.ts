import { existsSync } from 'node:fs';
import { onPath } from './on-path.ts';
import { StackError } from './processes.ts';
import { installSystemPackage } from './system-package.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'] as const;
const onMac = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The path of a Chromium for browser tests: `CHROMIUM_PATH`, the system's, or one installed now with the
 * system's package manager. Throws StackError saying what to install when there is no way.
 */
export async function chromiumPath(say: (line: string) => void = () => undefined): Promise<string> {
  const found = installedChromium();
  if (found !== undefined) return found;
  say('Chromium is not installed here: installing it with the system package manager…');
  await installSystemPackage({ apt: 'chromium', brew: 'chromium' });
  const installed = installedChromium();
  if (installed !== undefined) return installed;
  throw new StackError(
    'The browser tests need Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM_PATH.',
  );
}

function installedChromium(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== '') return given;
  return onPath(...names) ?? onMac.find((path) => existsSync(path));
}
