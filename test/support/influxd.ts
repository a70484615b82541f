import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../sim/free-port.ts';
import { type ServerProcess, startServer, temporaryFolder } from './server-process.ts';

/**
 * Starts Debian's InfluxDB 1.6 with an empty data folder, on a free port unless one is given. `limited`: takes little memory, as tests on a shared
 * machine want.
 */
export async function startInfluxd(port?: number, { limited = true } = {}): Promise<ServerProcess> {
  const folder = await temporaryFolder('influxd');
  const [http, rpc] = [port ?? (await freePort()), await freePort()];
  const config = join(folder, 'influxdb.conf');
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
${limited ? '  cache-max-memory-size = "64m"\n  cache-snapshot-memory-size = "8m"\n' : ''}[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
`,
  );
  const url = `http://127.0.0.1:${http}`;
  const spec = { command: 'influxd', debianPackage: 'influxdb', url, folder, args: ['-config', config] };
  // Without a home folder of its own it would look for ~/.influxdb.
  return startServer({ ...spec, env: { HOME: folder } }, '/ping');
}
