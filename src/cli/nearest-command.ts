import { nearest } from '../haproxy/config/nearest.js';
import { COMMANDS } from './registry.js';

export function editDistanceHint(wanted: string): string {
  const [best] = nearest(Object.keys(COMMANDS), wanted, 1);
  return best === undefined ? '"hitless help" lists the commands' : `did you mean "${best}"?`;
}
