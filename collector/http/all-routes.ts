import type { FastifyPluginAsync } from 'fastify';
import { type AccountRouteDeps, accountRoutes } from './accounts.ts';
import { type AlertLinkDeps, alertLinkRoutes } from './alert-link.ts';
import { type AlertmanagerDeps, alertmanagerRoutes } from './alertmanager.ts';
import { type AlertRouteDeps, alertRoutes } from './alerts.ts';
import { auditRoutes } from './audit.ts';
import { type CalendarRoutesDeps, calendarRoutes } from './calendars.ts';
import { type ConsoleDeps, consoleRoutes } from './console.ts';
import { type EndpointRouteDeps, endpointRoutes } from './endpoints.ts';
import { type EngagementDeps, engagementRoutes } from './engagements.ts';
import { type HandoverRouteDeps, handoverRoutes } from './handovers.ts';
import { type InventoryRouteDeps, inventoryRoutes } from './inventory.ts';
import { type InventoryIngestDeps, inventoryIngest } from './inventory-ingest.ts';
import { type MuteRouteDeps, muteRoutes } from './mutes.ts';
import { type OnCallRoutesDeps, onCallRoutes } from './on-call.ts';

export interface AllRouteDeps {
  readonly console: ConsoleDeps;
  readonly alerts: AlertRouteDeps;
  readonly engagements: EngagementDeps;
  readonly calendars: CalendarRoutesDeps;
  readonly inventory: InventoryRouteDeps;
  readonly inventoryIngest: InventoryIngestDeps;
  readonly handovers: HandoverRouteDeps;
  readonly mutes: MuteRouteDeps;
  readonly endpoints: EndpointRouteDeps;
  readonly onCall: OnCallRoutesDeps;
  readonly alertLinks: AlertLinkDeps;
  readonly alertmanager: AlertmanagerDeps;
  readonly accounts: AccountRouteDeps;
}

/** The page and the whole API, but for what agents and probes use: one list for the collector, for its API document, and for the test of who gets where. */
export function allRoutes(deps: AllRouteDeps): FastifyPluginAsync[] {
  return [
    consoleRoutes(deps.console),
    alertRoutes(deps.alerts),
    engagementRoutes(deps.engagements),
    calendarRoutes(deps.calendars),
    inventoryRoutes(deps.inventory),
    inventoryIngest(deps.inventoryIngest),
    handoverRoutes(deps.handovers),
    muteRoutes(deps.mutes),
    endpointRoutes(deps.endpoints),
    onCallRoutes(deps.onCall),
    alertLinkRoutes(deps.alertLinks),
    alertmanagerRoutes(deps.alertmanager),
    auditRoutes(deps.accounts),
    accountRoutes(deps.accounts),
  ];
}
