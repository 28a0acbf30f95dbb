import { createHash } from 'node:crypto';
import { PACE_PIECES } from './context.js';

/** Sent by `upload`: 64 KiB in which no two pieces are alike. */
export const UPLOAD_BODY = Buffer.from(
  Array.from({ length: 64 * 1024 }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff),
);

export const UPLOAD_SHA256 = createHash('sha256').update(UPLOAD_BODY).digest('hex');

const PIECE_BYTES = Math.ceil(UPLOAD_BODY.length / PACE_PIECES);

/** Piece `index` from 0; empty when there is no such piece. */
export function uploadPiece(index: number): Buffer {
  return UPLOAD_BODY.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
}
