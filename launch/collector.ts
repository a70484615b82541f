// Reached as collector/main.ts.
require('./start.ts')('collector');
