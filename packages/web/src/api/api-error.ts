/** What a service answered instead of what was asked for. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  /** What to do now. */
  readonly guidance: string | undefined;

  constructor(status: number, code: string, message: string, guidance: string | undefined) {
    super(message);
    this.status = status;
    this.code = code;
    this.guidance = guidance;
  }
}

/** Makes an error of anything that was thrown. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError(0, "internal", thrown instanceof Error ? thrown.message : String(thrown), undefined);
}
