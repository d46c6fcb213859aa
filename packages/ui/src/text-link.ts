/** A link inside a sentence. It is underlined at rest, because colour alone does not tell it from the text around it. */
export const textLink =
  'rounded-sm text-accent-ink underline decoration-accent-ink/35 underline-offset-4 transition-colors hover:decoration-accent-ink';
