/** The ordered list of the calls received: what a test asks to know who did what, in which order. */

export interface RecordedCall {
  /** From 1, in the order received. */
  readonly number: number;
  /** Milliseconds since 1970 by the service's clock. */
  readonly at: number;
  readonly service: 'iam' | 'sts';
  readonly action: string;
  /** ARN of who signed; undefined where the signature did not count. */
  principal: string | undefined;
  /** As sent, secrets replaced by `***`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** `ok`, an error's code, or `connection reset`; `pending` while it is being answered. */
  outcome: string;
}

const SECRET = /(?:Password|AuthenticationCode[12]|TokenCode|PrivateKey)$/;

export class Calls {
  readonly #list: RecordedCall[] = [];
  #received = 0;

  get list(): readonly RecordedCall[] {
    return this.#list;
  }

  /** The actions alone. */
  get actions(): string[] {
    return this.#list.map((call) => call.action);
  }

  clear(): void {
    this.#list.length = 0;
  }

  add(at: number, service: 'iam' | 'sts', action: string, fields: ReadonlyMap<string, string>): RecordedCall {
    this.#received += 1;
    const parameters: Record<string, string> = {};
    for (const [name, value] of fields) {
      if (name !== 'Action' && name !== 'Version') parameters[name] = SECRET.test(name) ? '***' : value;
    }
    const call = { number: this.#received, at, service, action, principal: undefined, parameters, outcome: 'pending' };
    this.#list.push(call);
    return call;
  }
}
