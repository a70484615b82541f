import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig } from '../../runtime/config-file.ts';
import { slug } from '../../runtime/config-schema.ts';
import { httpParts } from './config-schema.ts';
import type { HttpCheck } from './service.ts';

/** The list that comes with the product. */
export const BUNDLED_TEST_PLATFORMS = fileURLToPath(
  new URL('../../config/services/test-platforms.yaml', import.meta.url),
);

const name = slug.max(30, 'a name of at most 30 characters');

const fileSchema = z.strictObject({
  platforms: z.record(
    name,
    z.strictObject({
      title: z.string(),
      /** Where the vendor says which hosts a school must reach. */
      source: z.url(),
      /** When the hosts were last looked up. */
      checked: z.iso.date(),
      checks: z.array(z.strictObject({ name, ...httpParts })).min(1),
    }),
  ),
});

/** By platform. */
export type TestPlatforms = ReadonlyMap<string, readonly { readonly name: string; readonly check: HttpCheck }[]>;

/** @throws ConfigError with every problem of the file */
export function loadTestPlatforms(file: string): TestPlatforms {
  const { platforms } = loadConfig(file, fileSchema).value;
  return new Map(
    Object.entries(platforms).map(([platform, { checks }]) => [
      platform,
      checks.map(({ name: own, url, method, expect_status, expect_text, follow_redirects }) => ({
        name: own,
        check: {
          type: 'http',
          url,
          method,
          expectStatus: expect_status,
          expectText: expect_text,
          followRedirects: follow_redirects,
          verify: true,
          ca: undefined,
        },
      })),
    ]),
  );
}
