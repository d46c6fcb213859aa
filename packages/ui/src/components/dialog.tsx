import * as Radix from '@radix-ui/react-dialog';
import { X } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from '../cn.ts';
import { useReturnFocus } from './use-return-focus.ts';

export const Dialog = Radix.Root;
export const DialogTrigger = Radix.Trigger;
export const DialogClose = Radix.Close;

type DialogContentProps = Omit<ComponentProps<typeof Radix.Content>, 'title'> & {
  title: ReactNode;
  description?: ReactNode;
  /** Hides the corner button: for what must be answered, such as a secret that is shown once. */
  dismissable?: boolean;
};

/** A modal: on a phone it sits at the bottom edge, elsewhere in the middle. */
export function DialogContent({
  title,
  description,
  dismissable = true,
  className,
  children,
  ...props
}: DialogContentProps) {
  const focus = useReturnFocus();
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-40 grid animate-appear place-items-end overflow-y-auto bg-overlay p-3 sm:place-items-center sm:p-6">
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          {...focus}
          {...props}
          className={cn(
            'relative w-full max-w-lg animate-rise rounded-xl border bg-raised p-5 shadow-lg focus:outline-none',
            className,
          )}
        >
          <div className="mb-4 grid gap-1 pr-8">
            <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
            {description ? (
              <Radix.Description className="text-sm text-muted">{description}</Radix.Description>
            ) : null}
          </div>
          {children}
          {dismissable ? (
            <Radix.Close
              aria-label="Close"
              className="absolute top-4 right-4 rounded-sm p-1 text-muted hover:bg-hover hover:text-ink"
            >
              <X aria-hidden className="size-4" />
            </Radix.Close>
          ) : null}
        </Radix.Content>
      </Radix.Overlay>
    </Radix.Portal>
  );
}

/** The row of buttons that ends a dialog: the way out first, the deed last. */
export function DialogFooter({ className, ...props }: ComponentProps<'div'>) {
  return (
    <div className={cn('mt-5 flex flex-wrap-reverse items-center justify-end gap-2', className)} {...props} />
  );
}
