import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { deviceBoard } from './device.ts';
import { providerBoard } from './provider.ts';
import { schoolBoard } from './school.ts';

const FOLDER = join(import.meta.dirname, 'generated');

/** Every board by file name, as the text that Grafana loads. The same input gives the same bytes. */
export function generatedBoards(): Map<string, string> {
  const boards: readonly Dashboard[] = [providerBoard(), schoolBoard(), deviceBoard()];
  return new Map(boards.map((board) => [`${board.uid}.json`, `${JSON.stringify(board, null, 2)}\n`]));
}

/** Writes dashboards/generated; what is no longer a board goes. */
export function writeBoards(folder = FOLDER): void {
  mkdirSync(folder, { recursive: true });
  const boards = generatedBoards();
  for (const name of readdirSync(folder)) if (!boards.has(name)) rmSync(join(folder, name));
  for (const [name, text] of boards) writeFileSync(join(folder, name), text);
}

if (import.meta.main) writeBoards();
