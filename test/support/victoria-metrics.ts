import { freePort } from '../../sim/free-port.ts';
import { type ServerProcess, startServer, temporaryFolder } from './server-process.ts';

/** Starts Debian's VictoriaMetrics (single node) with an empty data folder. */
export async function startVictoriaMetrics(): Promise<ServerProcess> {
  const folder = await temporaryFolder('victoria-metrics');
  const port = await freePort();
  const args = [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${folder}/data`,
    '-retentionPeriod=12',
    '-memory.allowedBytes=64MB',
    '-search.latencyOffset=0s',
    '-influxDBLabel=',
  ];
  const spec = { command: 'victoria-metrics', debianPackage: 'victoria-metrics', folder, args };
  return startServer({ ...spec, url: `http://127.0.0.1:${port}` }, '/health');
}
