/** What went wrong between the page and the server, as a sentence for a person and a code for the program. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server did not answer at all. */
export const UNREACHABLE = "UNREACHABLE";
/** The token is missing, wrong or expired. */
export const UNAUTHENTICATED = "UNAUTHENTICATED";

export function unreachable(): ApiError {
  return new ApiError(UNREACHABLE, "The server cannot be reached. Is it still running?");
}

export function signedOut(): ApiError {
  return new ApiError(UNAUTHENTICATED, "Your sign-in has ended. Please sign in again.");
}

/** The sentence to show for anything that was thrown. */
export function sentence(thrown: unknown): string {
  if (thrown instanceof ApiError) {
    return thrown.message;
  }
  return `Something unexpected happened in this page: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
