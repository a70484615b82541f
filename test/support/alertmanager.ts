import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../sim/free-port.ts';
import { type ServerProcess, startServer, temporaryFolder } from './server-process.ts';

/** Whom it tells, by its webhook, every two seconds while something fires. */
export interface WebhookReceiver {
  readonly url: string;
  readonly token: string;
}

/** Starts Debian's Prometheus Alertmanager with an empty data folder on a free port. Without a receiver it tells nobody. */
export async function startAlertmanager(receiver?: WebhookReceiver): Promise<ServerProcess> {
  const folder = await temporaryFolder('alertmanager');
  const config = join(folder, 'alertmanager.yml');
  await writeFile(
    config,
    receiver ? telling(receiver) : 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n',
  );
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

function telling({ url, token }: WebhookReceiver): string {
  return `route: { receiver: us, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 2s }
receivers:
  - name: us
    webhook_configs:
      - url: ${JSON.stringify(url)}
        http_config: { authorization: { credentials: ${JSON.stringify(token)} } }
`;
}
