import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { findPackageJSON, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const SOURCE = join(import.meta.dirname, '../../console');

/** What the page imports by name, and the file of the package that a browser can load. */
const VENDOR = {
  preact: { package: 'preact', file: 'dist/preact.mjs', as: 'vendor/preact.js' },
  'preact/hooks': { package: 'preact', file: 'hooks/dist/hooks.mjs', as: 'vendor/preact-hooks.js' },
  htm: { package: 'htm', file: 'dist/htm.mjs', as: 'vendor/htm.js' },
  uplot: { package: 'uplot', file: 'dist/uPlot.esm.js', as: 'vendor/uplot.js' },
} as const;
const VENDOR_CSS = { package: 'uplot', file: 'dist/uPlot.min.css', as: 'vendor/uplot.css' } as const;

const TYPES: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

export interface ConsoleAssets {
  /** Where the assets live: `/assets/<hash of all of them>`, so that they may be cached for ever. */
  readonly base: string;
  /** By path below `base`. */
  readonly files: ReadonlyMap<string, Asset>;
  readonly page: Asset;
  /** Content-Security-Policy of the page: its own files, and the one inline script (the import map) by its hash. */
  readonly contentSecurityPolicy: string;
}

/**
 * Reads the page into memory. The browser gets the TypeScript sources with the types blanked out by Node itself, under their own names, so
 * there is no build, no generated file, and a line number in the browser is the line number in the source. Libraries come from
 * node_modules through an import map.
 */
export async function loadConsoleAssets(): Promise<ConsoleAssets> {
  const texts = new Map<string, string>();
  for (const name of (await readdir(SOURCE)).sort()) {
    if (name === 'index.html' || !(extname(name) in TYPES)) continue;
    const text = await readFile(join(SOURCE, name), 'utf8');
    texts.set(name, name.endsWith('.ts') ? withoutTypes(text) : text);
  }
  for (const vendor of [...Object.values(VENDOR), VENDOR_CSS]) texts.set(vendor.as, await readVendor(vendor));
  const base = `/assets/${digest([...texts].join('\0')).slice(0, 16)}`;
  const imports = Object.fromEntries(Object.entries(VENDOR).map(([name, { as }]) => [name, `${base}/${as}`]));
  const importMap = JSON.stringify({ imports });
  const template = await readFile(join(SOURCE, 'index.html'), 'utf8');
  const page = template.replaceAll('{{base}}', base).replace(/\s*"{{importmap}}"\s*/, importMap);
  const files = new Map<string, Asset>();
  for (const [name, text] of texts) files.set(name, await asset(TYPES[extname(name)]!, text));
  return {
    base,
    files,
    page: await asset('text/html; charset=utf-8', page),
    contentSecurityPolicy: policy(createHash('sha256').update(importMap).digest('base64')),
  };
}

function policy(importMapHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${importMapHash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function asset(type: string, text: string): Promise<Asset> {
  const body = Buffer.from(text);
  return { type, etag: `"${digest(text).slice(0, 22)}"`, body, gzipped: await promisify(gzip)(body) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readVendor(vendor: { readonly package: string; readonly file: string }): Promise<string> {
  const manifest = findPackageJSON(vendor.package, import.meta.url);
  if (manifest === undefined) throw new Error(`the package ${vendor.package} is not installed: run npm ci`);
  const text = await readFile(join(dirname(manifest), vendor.file), 'utf8');
  // The maps are not served; without this line a browser's developer tools ask for them in vain.
  return text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
}

/** Node calls the function experimental once a process; the operator can do nothing with that, so this one warning is kept back. */
function withoutTypes(text: string): string {
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('stripTypeScriptTypes')) return;
    Reflect.apply(emit, process, [warning, ...rest]);
  }) as typeof emit;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emit;
  }
}
