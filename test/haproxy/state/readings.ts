import type { RuntimeReading } from '../../../src/haproxy/runtime/reading.js';

/** Of a process in which nothing has been changed. */
export const NOTHING_SET: RuntimeReading = {
  servers: [],
  limits: [
    { proxy: 'www', server: 'FRONTEND', maxconn: 700 },
    { proxy: 'web', server: 'web1', maxconn: 0 },
    { proxy: 'web', server: 'web2', maxconn: 50 },
  ],
  info: new Map([
    ['Maxconn', '1000'],
    ['Hard_maxconn', '1000'],
    ['ConnRateLimit', '0'],
    ['SessRateLimit', '0'],
    ['SslRateLimit', '0'],
    ['CompressBpsRateLim', '0'],
  ]),
  tables: [],
  peers: [],
  entries: [],
  crtLists: [],
  certificates: [],
  notCompared: [],
};
