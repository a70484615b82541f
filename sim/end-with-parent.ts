/**
 * Loaded into the demo's children before their own program: standard input is a pipe held by the demo, and when it closes because the demo
 * is gone (killed, crashed), the child ends as on SIGTERM. A poller that nobody knows of must not live on.
 */
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
// It must not keep a program alive that has finished. A pipe's stream is a socket, whatever its type says.
(process.stdin as { unref?: () => void }).unref?.();
