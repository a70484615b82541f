import { freePort } from '../../sim/free-port.ts';
import { type ServerProcess, startServer, temporaryFolder } from './server-process.ts';

/** Starts Debian's VictoriaMetrics (single node) with an empty data folder. `limited`: takes little memory, as tests on a shared machine want. */
export async function startVictoriaMetrics({ limited = true } = {}): Promise<ServerProcess> {
  const folder = await temporaryFolder('victoria-metrics');
  const port = await freePort();
  const args = [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${folder}/data`,
    '-retentionPeriod=12',
    ...(limited ? ['-memory.allowedBytes=64MB'] : []),
    '-search.latencyOffset=0s',
    '-influxDBLabel=',
  ];
  const spec = { command: 'victoria-metrics', debianPackage: 'victoria-metrics', folder, args };
  return startServer({ ...spec, url: `http://127.0.0.1:${port}` }, '/health');
}
