/** Bytes from SLS that do not follow their format. The message says what and at which offset, and quotes no content. */
export class SlsFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SlsFormatError';
  }
}
