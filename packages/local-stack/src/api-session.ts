import { StackError } from './processes.ts';

/** The api answered with an error. */
export class ApiRefusal extends StackError {
  readonly status: number;

  constructor(request: string, status: number, body: string) {
    super(`${request} was answered ${status}: ${body}`);
    this.status = status;
  }
}

/** Calls the api over HTTP like any program of a merchant: with a user's token and environment, or a secret key. */
export class ApiSession {
  private readonly apiUrl: string;
  private readonly headers: Record<string, string>;
  private readonly signal: AbortSignal | undefined;

  constructor(apiUrl: string, headers: Record<string, string>, signal?: AbortSignal) {
    this.apiUrl = apiUrl;
    this.headers = headers;
    this.signal = signal;
  }

  /** The same session in one environment of a merchant. */
  inEnvironment(id: string): ApiSession {
    return new ApiSession(this.apiUrl, { ...this.headers, 'x-billingos-environment': id }, this.signal);
  }

  async get(path: string): Promise<unknown> {
    return this.send('GET', path, {});
  }

  /** Two calls with the same `idempotencyKey` and body count once. */
  async post(path: string, body: object, idempotencyKey: string): Promise<unknown> {
    const { headers, ...rest } = json(body);
    return this.send('POST', path, { headers: { ...headers, 'idempotency-key': idempotencyKey }, ...rest });
  }

  async put(path: string, body: object): Promise<unknown> {
    return this.send('PUT', path, json(body));
  }

  async patch(path: string, body: object): Promise<unknown> {
    return this.send('PATCH', path, json(body));
  }

  private async send(
    method: string,
    path: string,
    init: { headers?: Record<string, string>; body?: string },
  ): Promise<unknown> {
    const response = await fetch(`${this.apiUrl}/api/v1${path}`, {
      ...init,
      method,
      headers: { ...this.headers, ...init.headers },
      signal: AbortSignal.any([
        AbortSignal.timeout(30_000),
        ...(this.signal === undefined ? [] : [this.signal]),
      ]),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiRefusal(`${method} ${path}`, response.status, text);
    return text === '' ? undefined : JSON.parse(text);
  }
}

function json(body: object): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
