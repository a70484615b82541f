import ICAL from 'ical.js';

/** A property in jCal (RFC 7265): name, parameters, type, then its values. */
export type JCalProperty = readonly [string, Readonly<Record<string, unknown>>, string, ...unknown[]];
/** A component in jCal: name, properties, components inside. Names are in lower case. */
export type JCal = readonly [string, readonly JCalProperty[], readonly JCal[]];

/** Name and parameters of a content line, up to the colon before its value. */
const HEAD = /^[^":]*(?:"[^"]*"[^":]*)*:/;
/** ical.js takes the square of the time for parameters without end. */
const MAX_HEAD = 1_000;

/** Parses one component. @throws Error saying what is wrong with it */
export function parseComponent(lines: readonly string[]): JCal {
  for (const line of lines) {
    const head = HEAD.exec(line)?.[0].length;
    if (head === undefined || head > MAX_HEAD) throw new Error(`a line that is no property: ${line.slice(0, 40)}`);
  }
  // Names in rules may be written in any case (RFC 5545 2); ical.js wants capitals.
  const upper = lines.map((line) => (/^rrule[;:]/i.test(line) ? line.toUpperCase() : line));
  return ICAL.parse(upper.join('\n')) as unknown as JCal;
}

export function propertyOf(component: JCal, name: string): JCalProperty | undefined {
  return component[1].find((property) => property[0] === name);
}

export function propertiesOf(component: JCal, name: string): JCalProperty[] {
  return component[1].filter((property) => property[0] === name);
}

/** The first value of the first property of that name. */
export function firstValue(component: JCal, name: string): unknown {
  return propertyOf(component, name)?.[3];
}

/** Every value of every property of that name. */
export function allValues(component: JCal, name: string): unknown[] {
  return propertiesOf(component, name).flatMap((property) => property.slice(3));
}

const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:T(?:(\d\d):(\d\d):(\d\d)|::)(Z?))?$/;

/** A jCal date or date-time as the clock on the wall (as if it were UTC, ms); undefined for anything else, such as 30 February. */
export function wallMsOf(written: unknown): number | undefined {
  const match = typeof written === 'string' ? WRITTEN.exec(written) : null;
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (hour! > 23 || minute! > 59 || second! > 60) return undefined;
  // A leap second counts as the one before.
  const wall = Date.UTC(year!, month! - 1, day!, hour!, minute!, Math.min(second!, 59));
  const date = new Date(wall);
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day ? wall : undefined;
}

/** A date without time; also one that some programs write without saying VALUE=DATE, which ical.js gives as `2027-03-05T::`. */
export function isDateOnly(written: unknown): boolean {
  return typeof written === 'string' && (written.length === 10 || written.endsWith('T::'));
}

/** `-05:00` -> ms ahead of UTC. */
export function offsetMsOf(written: unknown): number | undefined {
  const match = typeof written === 'string' ? /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(written) : null;
  if (!match) return undefined;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -1000 : 1000) * seconds;
}

/** How long something lasts: by the clock on the wall, and on top of that exactly (ms). A day is a day also when the clocks change in it. */
export interface Length {
  readonly wall: number;
  readonly exact: number;
}

/** `P1DT2H` -> a day by the clock and two hours; undefined for what is no duration. */
export function lengthOf(written: unknown): Length | undefined {
  if (typeof written !== 'string' || !/^[+-]?P(?=.)(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/.test(written))
    return undefined;
  const { weeks, days, hours, minutes, seconds, isNegative } = ICAL.Duration.fromString(written);
  const sign = isNegative ? -1 : 1;
  return {
    wall: sign * (weeks * 7 + days) * 86_400_000,
    exact: sign * ((hours * 60 + minutes) * 60 + seconds) * 1000,
  };
}
