import { Toaster as Sonner } from 'sonner';

/** The place where toasts appear; mount it once, at the root. Speak through `toast` of sonner. */
export function Toaster({ theme }: { theme: 'light' | 'dark' | 'system' }) {
  return (
    <Sonner
      theme={theme}
      position="bottom-right"
      toastOptions={{
        classNames: {
          toast: '!rounded-lg !border !border-line !bg-raised !text-ink !shadow-lg !font-sans',
          description: '!text-muted',
        },
      }}
    />
  );
}
