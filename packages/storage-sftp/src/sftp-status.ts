/** A status that tells of an error, as an SFTP server sends it (draft-ietf-secsh-filexfer-02, section 7). */
export class SftpStatus extends Error {
  override readonly name = "SftpStatus";
  readonly code: number;

  constructor(code: number, text: string) {
    // Text from elsewhere: nothing in it may steer a terminal.
    super(text.replace(/\p{C}/gu, "").slice(0, 200) || `status ${code}`);
    this.code = code;
  }
}

export function isStatus(error: unknown, ...codes: number[]): boolean {
  return error instanceof SftpStatus && codes.includes(error.code);
}
