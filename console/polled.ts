import { useEffect, useRef, useState } from 'preact/hooks';
import { errorMessage } from './api.ts';
import { browserClock } from './clock.ts';

export interface Polled<T> {
  /** Null until the first answer. What was shown last stays while later ones fail. */
  readonly value: T | null;
  /** Why the last reading failed. */
  readonly problem: string | null;
}

/**
 * Something of the collector that is read again and again while the page is visible. Of another `key` nothing is shown until it was read; another
 * `version` of the same is read at once.
 */
export function usePolled<T>(
  key: string,
  version: unknown,
  everyMs: number,
  read: (signal: AbortSignal) => Promise<T>,
): Polled<T> {
  const [result, setResult] = useState<{ readonly key: string; readonly value: T } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const stop = new AbortController();
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        if (!document.hidden) {
          try {
            const value = await latest.current(stop.signal);
            if (stop.signal.aborted) return;
            setResult({ key, value });
            setProblem(null);
          } catch (error) {
            if (stop.signal.aborted) return;
            setProblem(errorMessage(error));
          }
        }
        await browserClock.sleep(everyMs, stop.signal);
      }
    };
    void loop();
    return () => stop.abort();
  }, [key, version]);
  // Another's values under this one's name would be wrong.
  return { value: result?.key === key ? result.value : null, problem };
}
