import { Badge } from '@billingos/ui/components/badge';
import { CodeBlock } from '@billingos/ui/components/code-block';
import type { DocumentedError } from '../../api/error-catalog.ts';

const shape = `{
  "error": {
    "code": "customer_not_found",
    "message": "There is no customer external:user_42.",
    "param": "customer",
    "doc_url": "https://…/docs/errors#customer_not_found",
    "request_id": "req_…"
  }
}`;

/** Every error code with an anchor of its own: the `doc_url` of an answer leads to its line here. */
export function ErrorReference({ errors }: { errors: readonly DocumentedError[] }) {
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-8 px-5 pt-10 pb-20">
      <div className="grid gap-2">
        <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">API errors</h1>
        <p className="text-lg text-muted">
          Every refusal has this one shape. Branch on <code className="font-mono text-md">code</code>; it does
          not change. The message is for people.
        </p>
      </div>
      <CodeBlock title="422, 401, 404, …" code={shape} />
      <dl className="divide-y divide-line border-y">
        {errors.map(({ code, kind, status, explanation }) => (
          <div key={code} id={code} className="grid scroll-mt-6 gap-1 py-4 target:bg-accent-subtle">
            <dt className="flex flex-wrap items-center gap-2">
              <a href={`#${code}`} className="rounded-sm font-mono text-sm font-medium hover:underline">
                {code}
              </a>
              <Badge>
                {status} {kind.replaceAll('_', ' ')}
              </Badge>
            </dt>
            <dd className="text-muted">{explanation}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
