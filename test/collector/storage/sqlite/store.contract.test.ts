import { rm } from 'node:fs/promises';
import { createStore, storageSchema } from '../../../../collector/storage/config.ts';
import { metricStoreContract } from '../../../contract/metric-store.ts';
import { temporaryFolder } from '../../../support/server-process.ts';
import { storeParts } from '../../../support/store-parts.ts';

metricStoreContract('sqlite', async () => {
  const dataDir = await temporaryFolder('sqlite');
  const open = async () => {
    const store = createStore(storageSchema.parse({ driver: 'sqlite' }), { ...storeParts, dataDir });
    await store.start();
    return store;
  };
  let store = await open();
  return {
    store,
    reopen: async () => {
      store = await open();
      return store;
    },
    close: async () => {
      await store.stop();
      await rm(dataDir, { recursive: true });
    },
  };
});
