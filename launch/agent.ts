// Reached as agent/main.ts.
require('./start.ts')('agent');
