import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from './boards.ts';
import { countDevices, countOpen, devicesOverTime, openAlerts, openOverTime } from './influxql.ts';
import { barPanel, seriesPanel, statPanel, tablePanel } from './panels.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in, from the row that is clicked.
const SCHOOL_BOARD = '/d/bellwether-school?var-school=${__data.fields.school}';

/** All schools on one screen: where to look first, and who answers. */
export function providerBoard(): Dashboard {
  return board({
    uid: 'bellwether-provider',
    title: 'Bellwether: provider overview',
    description: 'All schools: what is open, who answers for it, and which schools need somebody first.',
    variables: [],
    panels: [...now(), ...who(), ...tables(), ...history(), agents()],
  });
}

function now() {
  return [
    statPanel({
      title: 'Open alerts',
      description: 'Alerts open now at all schools. Start with the table of open alerts below.',
      unit: 'short',
      span: 6,
      height: 4,
      bad: 1,
      query: countOpen(''),
    }),
    statPanel({
      title: 'Devices down',
      description: 'Devices that answer neither ping nor SNMP. Open the school to see which.',
      unit: 'short',
      span: 6,
      height: 4,
      bad: 1,
      query: countDevices('down', ''),
    }),
    statPanel({
      title: 'Devices with an SNMP problem',
      description: 'They answer ping but not SNMP: check community or user, and the access list of the device.',
      unit: 'short',
      span: 6,
      height: 4,
      warn: 1,
      query: countDevices('snmp_problem', ''),
    }),
    statPanel({
      title: 'Devices watched',
      description:
        'Devices heard of within the time shown. Fewer than expected: an agent is silent or its list was changed.',
      unit: 'short',
      span: 6,
      height: 4,
      query:
        'SELECT count("down") AS "devices" FROM (SELECT last("down") AS "down" FROM "device" WHERE $timeFilter GROUP BY "school", "site", "device")',
    }),
  ];
}

function who() {
  const bars = { unit: 'short', span: 8, height: 6, warn: 1 } as const;
  return [
    barPanel({
      ...bars,
      title: 'Open by severity',
      description: 'Critical first: somebody should be on it now.',
      query: countOpen('', 'severity'),
      alias: '$tag_severity',
    }),
    barPanel({
      ...bars,
      title: 'Open by domain',
      description: 'The domain of the symptom. It decides, with the engagement, who answers.',
      query: countOpen('', 'domain'),
      alias: '$tag_domain',
    }),
    barPanel({
      ...bars,
      title: 'Who answers',
      description: 'Open alerts by owner. "none" means no party could be decided: check the engagement of the school.',
      query: countOpen('', 'owner'),
      alias: '$tag_owner',
    }),
  ];
}

function tables() {
  return [
    tablePanel({
      title: 'Open alerts, oldest first',
      description: 'What is open, since when, and who answers. Open the school to see the devices.',
      unit: 'short',
      span: 16,
      height: 9,
      query: `SELECT "age_s", "open" FROM ${openAlerts('')} WHERE "open" = 1 GROUP BY "school", "site", "severity", "domain", "rule", "device", "ifName", "owner"`,
      hide: ['Time', 'open'],
      columns: { age_s: { title: 'Open for', unit: 's' }, school: { title: 'School', link: SCHOOL_BOARD } },
      sortBy: 'Open for',
    }),
    tablePanel({
      title: 'Schools at risk',
      description: 'Open alerts by school, the most first.',
      unit: 'short',
      span: 8,
      height: 9,
      query: countOpen('', 'school'),
      hide: ['Time'],
      columns: { school: { title: 'School', link: SCHOOL_BOARD }, open: { title: 'Open alerts' } },
      sortBy: 'Open alerts',
    }),
    tablePanel({
      title: 'Agents: last heard',
      description:
        'When each site last reported a device. A site not heard for minutes has a silent agent: check its mini-PC, its power and its way out.',
      unit: 'dateTimeFromNow',
      span: 8,
      height: 8,
      query: 'SELECT last("state") AS "state" FROM "device" WHERE $timeFilter GROUP BY "school", "site"',
      hide: ['state'],
      columns: {
        Time: { title: 'Last heard', unit: 'dateTimeFromNow' },
        school: { title: 'School', link: SCHOOL_BOARD },
      },
    }),
  ];
}

function history() {
  return [
    seriesPanel({
      title: 'Open alerts by severity over time',
      description: 'Whether it gets better or worse. Each open alert is repeated once a minute.',
      unit: 'short',
      span: 8,
      height: 8,
      interval: '2m',
      queries: [{ query: openOverTime('', 'severity'), alias: '$tag_severity' }],
    }),
    seriesPanel({
      title: 'Devices down over time',
      description: "By school. A step at one school is often one fault: power, uplink, or the agent's own switch.",
      unit: 'short',
      span: 8,
      height: 8,
      interval: '2m',
      queries: [{ query: devicesOverTime('down', '', 'school'), alias: '$tag_school' }],
    }),
  ];
}

/** What each agent last said of itself, once a minute: whether it loses anything, and whether it can deliver. */
const AGENT_COLUMNS = {
  targets: { title: 'Devices', unit: 'short' },
  polls_failed: { title: 'Polls failed', unit: 'short' },
  spool_oldest_age_s: { title: 'Waiting since', unit: 's' },
  dropped_lines: { title: 'Dropped', unit: 'short' },
  rejected_lines: { title: 'Refused', unit: 'short' },
  rss_bytes: { title: 'Memory', unit: 'bytes' },
  version: { title: 'Version' },
} as const;

function agents() {
  const fields = Object.keys(AGENT_COLUMNS).map((field) => `last("${field}") AS "${field}"`);
  return tablePanel({
    title: 'Agents: how they are',
    description:
      'Counts since each agent started. Dropped: its spool was full or its disk refused, so data is missing. Refused: the collector did not take it. Waiting for long: it cannot reach the collector.',
    unit: 'short',
    span: 24,
    height: 7,
    query: `SELECT ${fields.join(', ')} FROM "agent" WHERE $timeFilter GROUP BY "school", "site", "host"`,
    hide: ['Time'],
    columns: { ...AGENT_COLUMNS, school: { title: 'School', link: SCHOOL_BOARD } },
  });
}
