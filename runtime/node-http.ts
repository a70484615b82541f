/**
 * Node's HTTP, without its `import`: that asks for every name of the module, and one of them (WebSocket) loads undici, 8 MB that nobody uses.
 */
export const nodeHttp = process.getBuiltinModule('node:http');

/** For what speaks TLS; loaded when asked for. */
export function nodeHttps(): typeof import('node:https') {
  return process.getBuiltinModule('node:https');
}
