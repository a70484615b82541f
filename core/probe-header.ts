/** Sent by our agent with each write: what it understands of what an answer may ask. */
export const AGENT_HEADER = 'bellwether-agent';
export const PROBES_UNDERSTOOD = 'probe';

/** In the answer to a write: names of devices (`core1,fw1`) of which a fresh ping is wanted now. Names only: what is pinged is what the agent's own configuration says. */
export const PROBE_HEADER = 'bellwether-probe';

const MAX_NAMES = 20;
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** The names in a header, each once, at most 20; anything that is no device name is left out. */
export function parseProbeHeader(value: string | undefined): string[] {
  if (value === undefined) return [];
  const names = value.split(',', MAX_NAMES * 2).map((name) => name.trim());
  return [...new Set(names.filter((name) => NAME.test(name)))].slice(0, MAX_NAMES);
}
