/** What a timer can wait at most: told to wait for longer, it would not wait at all. */
export const timerMaxMs = 2 ** 31 - 1;

/** Waits, or rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      },
      Math.min(ms, timerMaxMs),
    );
    signal?.addEventListener('abort', stop, { once: true });
  });
}
