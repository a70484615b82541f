/**
 * Stands in for a collector in the poll bench: takes what the agent pushes, at no cost to the agent's own count, and keeps it for the judge.
 * Prints its port as the first line; ends on SIGTERM, after writing all bodies (each with its length before it, four octets) to the file given.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const file = openSync(process.argv[2]!, 'w');
const length = Buffer.alloc(4);

const server = createServer((request, response) => {
  response.setHeader('accept-encoding', 'zstd, gzip');
  if (request.method !== 'POST') return void response.writeHead(204).end();
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    length.writeUInt32BE(body.length);
    writeSync(file, length);
    writeSync(file, body);
    response.writeHead(request.headers['content-encoding'] === 'zstd' ? 204 : 415).end();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.on('SIGTERM', () => {
  closeSync(file);
  process.exit(0);
});
