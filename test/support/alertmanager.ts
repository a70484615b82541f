import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../sim/free-port.ts';
import { type ServerProcess, startServer, temporaryFolder } from './server-process.ts';

/** Starts Debian's Prometheus Alertmanager with an empty data folder on a free port. It tells nobody. */
export async function startAlertmanager(): Promise<ServerProcess> {
  const folder = await temporaryFolder('alertmanager');
  const config = join(folder, 'alertmanager.yml');
  await writeFile(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    // Alone: it looks for no others.
    '--cluster.listen-address=',
  ];
  const url = `http://${address}`;
  const spec = { command: 'prometheus-alertmanager', debianPackage: 'prometheus-alertmanager', url, folder, args };
  return startServer(spec, '/-/ready');
}
