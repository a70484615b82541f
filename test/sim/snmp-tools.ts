import { execFile } from 'node:child_process';

/** Exit code, stdout and stderr of one of net-snmp's command line tools (or any other), within 10 s. */
export function runTool(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { env, timeout: 10_000, maxBuffer: 4 << 20 }, (error, out, err) => {
      if (error && typeof error.code === 'string') reject(error);
      else resolve({ code: child.exitCode ?? -1, out, err });
    });
    child.stdin?.end();
  });
}

/** Numeric OIDs, raw values, no MIB files, one second, no retry: the same on every machine. */
export const NUMERIC = ['-m', '', '-On', '-Oe', '-t', '1', '-r', '0'] as const;
