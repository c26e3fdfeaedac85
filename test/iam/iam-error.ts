/**
 * The errors of the service: code on the wire, HTTP status, whose fault.
 *
 * Modelled ones: "Errors" of each action in the IAM API Reference
 * (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html); the others: CommonErrors.html there and
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html. A test compares the modelled ones with the
 * model inside the SDK.
 */

/** Code on the wire → HTTP status. Codes of 500 and above are the receiver's fault, all others the sender's. */
export const STATUS = {
  // Modelled by IAM.
  ConcurrentModification: 409,
  ReportExpired: 410,
  ReportNotPresent: 410,
  ReportInProgress: 404,
  DeleteConflict: 409,
  DuplicateCertificate: 409,
  DuplicateSSHPublicKey: 400,
  EntityAlreadyExists: 409,
  EntityTemporarilyUnmodifiable: 409,
  InvalidAuthenticationCode: 403,
  InvalidCertificate: 400,
  InvalidInput: 400,
  InvalidPublicKey: 400,
  InvalidUserType: 400,
  LimitExceeded: 409,
  MalformedCertificate: 400,
  MalformedPolicyDocument: 400,
  NoSuchEntity: 404,
  PasswordPolicyViolation: 400,
  PolicyNotAttachable: 400,
  ServiceFailure: 500,
  NotSupportedService: 404,
  UnmodifiableEntity: 400,
  UnrecognizedPublicKeyEncoding: 400,
  // Common to all actions.
  AccessDenied: 403,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  MalformedQueryString: 404,
  MissingAuthenticationToken: 403,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
  // Modelled by STS.
  PackedPolicyTooLarge: 400,
} as const;

/** One of the codes above. */
export type Code = keyof typeof STATUS;

/** An answer that says no. `code` is what stands on the wire. */
export class IamError extends Error {
  readonly code: Code;
  readonly status: number;

  constructor(code: Code, message: string) {
    super(message);
    this.name = 'IamError';
    this.code = code;
    this.status = STATUS[code];
  }
}

/** NoSuchEntity in AWS's wording. */
export function noSuch(kind: string, name: string): IamError {
  return new IamError('NoSuchEntity', `The ${kind} with name ${name} cannot be found.`);
}

/** ValidationError in AWS's wording: the value, the member and the rule it breaks. */
export function invalid(member: string, rule: string): IamError {
  const camel = member.slice(0, 1).toLowerCase() + member.slice(1);
  return new IamError(
    'ValidationError',
    `1 validation error detected: Value at '${camel}' failed to satisfy constraint: ${rule}`,
  );
}
