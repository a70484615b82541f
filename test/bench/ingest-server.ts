import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/process.ts';
import { bodyFile } from './ingest-load.ts';
import type { StageResult, StageTask } from './ingest-stage.ts';

/** A server that takes the bodies over HTTP: somebody else's, or the collector. */
export interface Rival {
  readonly server: { readonly pid: number; stop(): Promise<unknown> };
  /** What goes with a school's bodies. */
  readonly headers?: (school: number) => Readonly<Record<string, string>>;
  /** Where a body goes. */
  readonly writeUrl: string;
  /** Points now stored, one for each line. */
  stored(): Promise<number>;
}

/** Clock ticks of /proc/PID/stat a second (Linux on every architecture of Debian). */
const TICKS = 100;
const COUNTED_WITHIN_MS = 120_000;
/** What a server does behind the answer (merging, snapshots) belongs to the load: it is waited for until it is as good as idle. */
const IDLE_TICKS = 2;
const IDLE_WAIT_S = 60;

/** Sends the minutes one after the other, each once the one before is answered; the warm-up is not counted. */
export async function loadRival(
  { server, writeUrl, stored, headers = () => ({}) }: Rival,
  task: StageTask,
): Promise<StageResult> {
  let lines = 0;
  let warm = 0;
  let before = 0;
  for (let minute = 0; minute < task.minutes; minute++) {
    if (minute === task.warmUp) {
      warm = lines;
      before = (await settled(server.pid, stored, lines)).after;
    }
    for (let school = 0; school < task.fleet.schools; school++) {
      const body = readFileSync(join(task.folder, bodyFile(school, minute)));
      await send(writeUrl, body, headers(school));
      lines += countLines(body);
    }
  }
  const { ticks } = await settled(server.pid, stored, lines);
  const cpuSeconds = (ticks - before) / TICKS;
  return { lines: lines - warm, cpuSeconds, rssMb: rssMb(server.pid) };
}

async function send(url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
  const reply = await fetch(url, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await reply.text();
  if (reply.status !== 204) throw new Error(`${url}: ${reply.status} ${text}`);
}

/** CPU so far, once all is processed. Counting the points costs the server, too: it is done behind the reading. */
async function settled(
  pid: number,
  stored: () => Promise<number>,
  lines: number,
): Promise<{ ticks: number; after: number }> {
  for (let second = 0, from = cpuTicks(pid); second < IDLE_WAIT_S; second++) {
    await delay(1000);
    const now = cpuTicks(pid);
    if (now - from <= IDLE_TICKS) break;
    from = now;
  }
  const ticks = cpuTicks(pid);
  await until(`${lines} points to be stored`, COUNTED_WITHIN_MS, async () => {
    if ((await stored()) === lines) return true;
    await delay(1000);
    return false;
  });
  return { ticks, after: cpuTicks(pid) };
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let i = text.indexOf(10); i !== -1; i = text.indexOf(10, i + 1)) lines++;
  return lines;
}

/** utime and stime: fields 14 and 15, counted behind the name, which may hold anything (proc(5)). */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function rssMb(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return Math.round((pages * 4096) / 1e6);
}
