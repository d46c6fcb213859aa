/** What the benchmarks use of autocannon, which ships no types. */
declare module 'autocannon' {
  interface Sent {
    path?: string;
    body?: string;
  }
  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    method: 'GET' | 'POST';
    headers: Record<string, string>;
    requests: { setupRequest(request: Sent): Sent }[];
  }
  interface Result {
    errors: number;
    non2xx: number;
    requests: { total: number };
    /** Seconds. */
    duration: number;
  }
  interface Run extends Promise<Result> {
    /** Of each answer, with fractions of a millisecond: the histogram of the result has whole ones. */
    on(
      event: 'response',
      listener: (client: object, status: number, bytes: number, milliseconds: number) => void,
    ): void;
  }
  export default function autocannon(options: Options): Run;
}
