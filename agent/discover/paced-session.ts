import type { OpenSnmpSession, SnmpSession } from '../drivers/snmp-session.ts';
import type { Pace } from './pace.ts';

/** Sessions whose requests, repeats among them, go at one pace together. The first request of SNMPv3 is two: it asks for the engine before. */
export function pacedSessions(open: OpenSnmpSession, pace: Pace): OpenSnmpSession {
  return (options) => {
    const session = open(options);
    let next = options.credentials.version === '3' ? 2 : 1;
    const turn = async (signal: AbortSignal): Promise<void> => {
      const packets = next;
      next = 1;
      await pace.take(packets, signal);
    };
    const paced: SnmpSession = {
      get: (oids, signal) => turn(signal).then(() => session.get(oids, signal)),
      getNext: (oids, signal) => turn(signal).then(() => session.getNext(oids, signal)),
      getBulk: (request, signal) => turn(signal).then(() => session.getBulk(request, signal)),
      close: () => session.close(),
    };
    return paced;
  };
}
