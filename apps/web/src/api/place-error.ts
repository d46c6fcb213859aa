import type { FieldValues, Path, UseFormReturn } from 'react-hook-form';
import { ApiError, describeError } from './errors.ts';

/**
 * Shows a refusal where its cause is: `param` names the field ("prices.0.amount"); `fields` lists the ones that the
 * form has, from param to field. What fits nowhere is the form's own error.
 */
export function placeError<Values extends FieldValues>(
  error: unknown,
  form: Pick<UseFormReturn<Values>, 'setError'>,
  fields: readonly Path<Values>[] | ReadonlyMap<string, Path<Values>>,
): void {
  const { message, requestId } = describeError(error);
  const param = error instanceof ApiError ? error.param : undefined;
  const field = 'get' in fields ? fields.get(param ?? '') : fields.find((known) => known === param);
  if (field) {
    form.setError(field, { type: 'server', message }, { shouldFocus: true });
  } else {
    form.setError('root', {
      type: 'server',
      message: requestId ? `${message} (request ${requestId})` : message,
    });
  }
}
