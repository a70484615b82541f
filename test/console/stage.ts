import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { agreements, changeCalendar, propose } from './agreed-school.ts';
import { launchBrowser, type OpenPage, openConsole, type PageOptions } from './browser.ts';
import { PageServer } from './page-server.ts';
import { type DeviceData, SCHOOL, schoolSamples } from './school-data.ts';

export const LINCOLN = 'lincoln-charter';

/** A browser for a file of tests, and a server of its own for each; a test fails when the browser complained. */
export class Stage {
  server!: PageServer;
  browser!: Browser;
  opened: OpenPage | undefined;

  constructor() {
    beforeAll(async () => {
      this.browser = await launchBrowser();
    });
    afterAll(() => this.browser?.close());
    beforeEach(async () => {
      this.server = await new PageServer().start();
    });
    afterEach(async () => {
      const complaints = this.opened?.complaints ?? [];
      await this.opened?.page.context().close();
      this.opened = undefined;
      await this.server.stop();
      expect(complaints).toEqual([]);
    });
  }

  /** A school with its devices, and what its file says besides. */
  async fillSchool(
    devices: readonly DeviceData[] = SCHOOL,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const { server } = this;
    await server.configure(LINCOLN, more);
    await server.agentHeard(LINCOLN, 'main');
    await server.store.write(schoolSamples(LINCOLN, devices, server.clock.now()));
  }

  /** One that has agreements, with something waiting of every kind. */
  async fillAgreed(devices: readonly DeviceData[] = SCHOOL): Promise<void> {
    await changeCalendar(this.server, LINCOLN);
    await this.fillSchool(devices, agreements(this.server.clock.now()));
    await propose(this.server, LINCOLN);
  }

  async show(options?: PageOptions): Promise<Page> {
    this.opened = await openConsole(this.browser, this.server, options);
    return this.opened.page;
  }
}

export const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();
