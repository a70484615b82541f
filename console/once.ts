import { useRef, useState } from 'preact/hooks';
import { errorMessage } from './api.ts';

export interface Once {
  readonly busy: boolean;
  /** What went wrong the last time, in words. */
  readonly problem: string | null;
  /** Does `work` unless it is being done already; resolves to what went wrong. */
  readonly run: (work: () => Promise<unknown>) => Promise<string | null>;
}

/** Something that must not be done twice by a second click. */
export function useOnce(): Once {
  const [state, setState] = useState<Pick<Once, 'busy' | 'problem'>>({ busy: false, problem: null });
  // State is seen by the next click only after the next drawing; this one at once.
  const running = useRef<Promise<string | null> | null>(null);
  const run: Once['run'] = (work) => {
    running.current ??= (async () => {
      setState({ busy: true, problem: null });
      const problem = await work().then(() => null, errorMessage);
      running.current = null;
      setState({ busy: false, problem });
      return problem;
    })();
    return running.current;
  };
  return { ...state, run };
}
