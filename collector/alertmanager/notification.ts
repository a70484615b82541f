import { z } from 'zod';

/** Of one notification; an Alertmanager sends a whole group at once. */
const MOST_ALERTS = 5_000;

/** A Go time: nanoseconds, any offset; the year 1 stands for none. */
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const alertSchema = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: time,
  endsAt: time.optional(),
  /** 16 hex digits; Alertmanagers before 0.19 send none. */
  fingerprint: z.string().default(''),
});

/** One alert of a notification, times in ms. */
export type NotifiedAlert = z.output<typeof alertSchema>;

/** The webhook of Alertmanager, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). What else stands in it is not needed. */
const notificationSchema = z.looseObject({
  version: z.literal('4'),
  /** How many of the group are left out (`max_alerts` of the receiver). */
  truncatedAlerts: z.number().int().nonnegative().default(0),
  alerts: z.array(z.unknown()).max(MOST_ALERTS),
});

export interface Notification {
  readonly alerts: readonly NotifiedAlert[];
  readonly truncated: number;
  /** `alerts[3].labels: ...` of those that cannot be read; the others are taken. */
  readonly problems: readonly string[];
}

/** Reads a body; a text says why nothing of it can ever be taken. */
export function readNotification(body: unknown): Notification | string {
  const outer = notificationSchema.safeParse(body);
  if (!outer.success) return problemText('', outer.error);
  const alerts: NotifiedAlert[] = [];
  const problems: string[] = [];
  outer.data.alerts.forEach((value, i) => {
    const alert = alertSchema.safeParse(value);
    if (alert.success) alerts.push(alert.data);
    else problems.push(problemText(`alerts[${i}]`, alert.error));
  });
  return { alerts, truncated: outer.data.truncatedAlerts, problems };
}

function problemText(at: string, error: z.ZodError): string {
  const [issue] = error.issues;
  const path = [...(at === '' ? [] : [at]), ...(issue?.path ?? []).map(String)].join('.');
  return `${path === '' ? 'body' : path}: ${issue?.message ?? 'not valid'}`;
}
