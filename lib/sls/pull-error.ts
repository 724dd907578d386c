export interface PullErrorDetail {
  /** The errorCode of SLS, or one of ours: Network, Timeout, Aborted, NoCursor, CursorWentBack, InvalidProject, Http{status}. */
  readonly code: string;
  readonly status?: number;
  /** `x-log-requestid`: what Alibaba Cloud support asks for. */
  readonly requestId?: string;
  /** Where the unread rest of the range begins. */
  readonly cursor: string;
  readonly attempts: number;
}

/** A pull that cannot go on. Everything before `cursor` was yielded. */
export class PullError extends Error {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly cursor: string;
  readonly attempts: number;

  constructor(message: string, detail: PullErrorDetail) {
    super(message);
    this.name = 'PullError';
    this.code = detail.code;
    if (detail.status !== undefined) this.status = detail.status;
    if (detail.requestId !== undefined) this.requestId = detail.requestId;
    this.cursor = detail.cursor;
    this.attempts = detail.attempts;
  }
}
