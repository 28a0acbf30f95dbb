/** Something that the running process knows, and that nobody will once it is gone. */
export interface StateLoss {
  readonly what: string;
  readonly because: string;
  readonly remedy: string;
}
