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
    /** Milliseconds. */
    latency: { p99: number };
    /** Seconds. */
    duration: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
