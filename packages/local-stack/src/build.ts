import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectDir } from './settings.ts';
import { StackError } from './processes.ts';

/**
 * Builds the api, the web app and the SDK, or takes the parts that have not changed from Turborepo's cache.
 * Throws StackError with the end of the output when that fails or is interrupted.
 */
export async function build(interrupted?: AbortSignal): Promise<void> {
  const child = spawn(
    join(projectDir, 'node_modules', '.bin', 'turbo'),
    ['run', 'build', '--output-logs=errors-only', '--no-color'],
    // A group of its own, so that an interruption reaches the compilers that turbo starts.
    { cwd: projectDir, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const interrupt = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  interrupted?.addEventListener('abort', interrupt, { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new StackError(`turbo could not be started: ${error.message}`)));
    child.once('close', resolve);
  });
  interrupted?.removeEventListener('abort', interrupt);
  if (interrupted?.aborted === true) throw new StackError('The build was interrupted.');
  if (code !== 0)
    throw new StackError(`The build failed:\n${output.trimEnd().split('\n').slice(-40).join('\n')}`);
}
