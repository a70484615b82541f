import { describe, expect, it } from 'vitest';
import { drawn } from './in-page.ts';
import { LINCOLN, Stage, text } from './stage.ts';

const XSS = '<img src=x onerror="window.hacked=1;alert(1)">';

const stage = new Stage();

describe('devices', () => {
  it('each has its state in words, and its last values', async () => {
    await stage.fillSchool();
    const page = await stage.show();
    const rowOf = (device: string): Promise<string> => text(page, `tr[data-device="${device}"]`);
    expect(await rowOf('ap-107')).toMatch(/down\s+ap-107.*100 %/s);
    expect(await rowOf('sw-lib')).toMatch(/SNMP problem/);
    expect(await rowOf('rt-core-1')).toMatch(/up\s+rt-core-1.*ms\s+0 %\s+\d+ d.*ge-0\/0\/0 WAN Spectrum 1G.*%.*ago/s);
  });

  it('opens by keyboard, draws its charts, and changes interface, unit and time', async () => {
    await stage.fillSchool();
    const page = await stage.show();
    const link = page.getByRole('link', { name: 'sw-core', exact: true });
    await link.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => link.getAttribute('aria-expanded')).toBe('true');
    const chart = page.locator('.chart').first();
    await page.waitForFunction(drawn, '.chart canvas');
    expect(await chart.innerText()).toMatch(/Traffic of Gi1\/0\/1\s+In\s+\d.* [GM]bit\/s\s+Out\s+\d.* [GM]bit\/s/s);
    expect(await page.locator('.chart').nth(1).innerText()).toMatch(/Latency\s+Ping\s+\d.* ms/s);

    await page.getByRole('button', { name: /Gi1\/0\/8/ }).click();
    await page.getByText('Traffic of Gi1/0/8').waitFor();
    await page.getByRole('button', { name: '%', exact: true }).click();
    await page.waitForFunction(() => /In\s+[\d.]+ %/.test(document.querySelector('.chart')?.textContent ?? ''));
    await page.waitForFunction(drawn, '.chart canvas');
    const day = page.waitForResponse(
      (reply) => reply.url().includes('step=240000') && reply.url().includes('ifIndex=8'),
    );
    await page.getByRole('button', { name: '24 h' }).click();
    expect((await day).status()).toBe(200);
    const described = page.locator('.plot[role=img]').first();
    await expect
      .poll(() => described.getAttribute('aria-label'))
      .toMatch(/Traffic of Gi1\/0\/8: In now [\d.]+ %, peak/);
  });

  it('what a device or a person wrote is shown as text', async () => {
    await stage.fillSchool([
      { device: 'sw-1', role: XSS, interfaces: [{ name: `Gi${XSS}`, alias: XSS, util: 50 }] },
      { device: XSS, role: 'switch' },
    ]);
    const id = await stage.server.open({ school: LINCOLN, summary: XSS, site: XSS, labels: { device: XSS } });
    await stage.server.told(id, LINCOLN, XSS, { status: 'failed', error: XSS });
    const page = await stage.show();
    await page.getByRole('link', { name: 'sw-1', exact: true }).click();
    await page.locator('.interfaces').waitFor();
    await page.waitForFunction(drawn, '.chart canvas');
    for (const selector of ['.alert h3', '.told', 'tr[data-device="sw-1"] .busiest', '.interfaces', '.chart-title'])
      expect(await text(page, selector), selector).toContain(XSS);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  });
});
