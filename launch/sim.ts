// Reached as sim/main.ts.
require('./start.ts')('sim');
