import type { LoadedDigest, RuntimeReading } from '../runtime/reading.js';
import type { StateLoss } from './state-loss.js';

/** What was set at run time in place of a file that is as it was: the next process reads the file. */
export function certificateLosses({ certificates }: RuntimeReading): readonly StateLoss[] {
  return certificates
    .filter(({ running, files }) => running !== '' && files !== '' && running !== files)
    .map(({ kind, name }) => ({
      what: `${NAMES[kind]} ${name}`,
      because: `it was set at run time, and ${UNSAVED[kind]}`,
      remedy: `write ${WANTED[kind]} into ${name}`,
    }));
}

const NAMES: Readonly<Record<LoadedDigest['kind'], string>> = {
  certificate: 'certificate',
  'ca-file': 'CA file',
  'crl-file': 'CRL file',
};

const UNSAVED: Readonly<Record<LoadedDigest['kind'], string>> = {
  certificate: 'HAProxy does not show the key with which to save it',
  'ca-file': 'HAProxy does not show the certificates with which to save it',
  'crl-file': 'HAProxy does not show the list with which to save it',
};

const WANTED: Readonly<Record<LoadedDigest['kind'], string>> = {
  certificate: 'the certificate and its key',
  'ca-file': 'the certificates',
  'crl-file': 'the list',
};
