import { apache } from './apache.js';
import { nginx } from './nginx.js';
import type { Service, ServiceName } from './service.js';

/** Programs other than HAProxy that can be reloaded. A new one is one file and one line here. */
export const SERVICES = { nginx, apache } satisfies Readonly<Record<ServiceName, Service>>;

export function isServiceName(text: string): text is ServiceName {
  return Object.hasOwn(SERVICES, text);
}
