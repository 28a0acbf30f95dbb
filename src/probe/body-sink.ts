/** Where the bytes of a body go as they come; `bytes` is only valid during the call. */
export interface BodySink {
  readonly body: (bytes: Buffer, start: number, end: number) => void;
}
