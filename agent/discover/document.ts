import type { Proposal, ProposedDevice } from './proposal.ts';

/** A proposal as one JSON document; what is not known is left out. */
export function proposalDocument(proposal: Proposal, swept: readonly string[], merge: boolean): unknown {
  const { devices, unknown, anonymous, quiet, complete, settled, addresses, comparison } = proposal;
  return {
    swept,
    complete,
    addresses,
    asked: settled,
    devices: devices.map(deviceDocument),
    uplinks: devices.flatMap(({ name, placement: { parents } }) =>
      parents.length > 0 ? [{ device: name, parents: parents.map((p) => p.device) }] : [],
    ),
    not_found: unknown,
    nameless_neighbors: anonymous,
    answer_ping_only: quiet,
    ...(merge
      ? {
          changes: {
            new: comparison.fresh.map(({ name }) => name),
            moved: comparison.moved.map(({ device, was }) => ({ name: device.name, was, host: device.host })),
            gone: comparison.gone.map(({ name, host }) => ({ name, host })),
            answer_ping_only: comparison.quiet.map(({ name, host }) => ({ name, host })),
            unchanged: comparison.unchanged,
            not_asked: comparison.unseen,
          },
        }
      : {}),
  };
}

function deviceDocument({ placement, credentials, ...device }: ProposedDevice): unknown {
  return {
    ...device,
    snmp: credentials,
    root: placement.isRoot,
    parents: placement.parents.map(({ device: name, links }) => ({
      device: name,
      links: links.map(({ a, aPort, bPort, protocol, by }) => ({
        port: a === device.name ? aPort : bPort,
        parentPort: a === device.name ? bPort : aPort,
        protocol,
        knownBy: by,
      })),
    })),
  };
}
