import { CopyButton } from './copy-button.tsx';

/** Code to read and copy. `title` names the file or command it belongs to. */
export function CodeBlock({ title, code }: { title: string; code: string }) {
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-code text-code-ink">
      <figcaption className="flex items-center justify-between gap-2 border-b border-code-muted/25 px-3.5 py-1.5 font-mono text-xs text-code-muted">
        {title}
        <CopyButton
          value={code}
          label={`Copy ${title}`}
          className="text-code-muted hover:bg-code-muted/20 hover:text-code-ink"
        />
      </figcaption>
      <pre
        tabIndex={0}
        aria-label={title}
        className="overflow-x-auto px-3.5 py-3 font-mono text-xs/relaxed -outline-offset-2"
      >
        <code>{code}</code>
      </pre>
    </figure>
  );
}
