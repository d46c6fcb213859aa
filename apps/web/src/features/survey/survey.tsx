'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Textarea } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useState, type FormEvent } from 'react';
import { ask, Refused, type SurveyPage } from '../customer-links/customer-api.ts';
import { LinkSkeleton, LinkStates } from '../customer-links/link-states.tsx';
import { useLinkPage } from '../customer-links/use-link-page.ts';

const reasons = [
  ['too_expensive', 'It was too expensive'],
  ['missing_features', 'Something I needed was missing'],
  ['switched', 'I use something else now'],
  ['not_used', 'I did not use it enough'],
  ['problems', 'It did not work well'],
  ['other', 'Another reason'],
] as const;

const returns = [
  ['true', 'Maybe, yes'],
  ['false', 'No'],
] as const;

/** Asks a customer who was lost why, once. */
export function Survey({ token, apiUrl }: { token: string; apiUrl: string }) {
  const path = `survey/${token}`;
  const link = useLinkPage<SurveyPage>(apiUrl, path);
  const [error, setError] = useState<string>();
  const [pending, setPending] = useState(false);

  const answer = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const reason = given.get('reason');
    if (pending) return;
    if (reason === null) {
      setError('Choose one of the reasons.');
      return;
    }
    setPending(true);
    setError(undefined);
    const wouldReturn = given.get('would_return');
    await ask<SurveyPage>(apiUrl, path, {
      reason,
      comment: given.get('comment'),
      ...(wouldReturn === null ? {} : { would_return: wouldReturn === 'true' }),
    }).then(link.show, (reason_: unknown) =>
      setError(reason_ instanceof Refused ? reason_.message : 'It was not sent. Try again.'),
    );
    setPending(false);
  };

  return (
    <LinkStates
      link={link}
      loading={<LinkSkeleton label="Loading the survey" title="h-8 w-64" body="h-72" />}
    >
      {(page) => (
        <>
          <header className="grid gap-1">
            <p className="text-sm break-words text-muted">{page.merchant}</p>
            <h1 className="text-2xl font-semibold tracking-tight">
              {page.is_answered ? 'Thank you for telling us' : 'Why did you leave?'}
            </h1>
            <p className="text-muted">
              {page.is_answered
                ? 'Your answer is with the people who can change it.'
                : 'It takes a minute, and helps.'}
            </p>
          </header>
          {page.is_answered ? null : (
            <Card>
              <CardBody className="pt-4">
                <form onSubmit={(event) => void answer(event)} className="grid gap-5">
                  <Choices legend="The main reason" name="reason" choices={reasons} />
                  <Field label="What would you like to tell us?" optional>
                    {(control) => <Textarea {...control} name="comment" rows={4} maxLength={2_000} />}
                  </Field>
                  <Choices legend="Would you come back?" name="would_return" choices={returns} />
                  {error === undefined ? null : <Notice tone="danger">{error}</Notice>}
                  <Button type="submit" variant="primary" size="lg" pending={pending}>
                    Send
                  </Button>
                </form>
              </CardBody>
            </Card>
          )}
        </>
      )}
    </LinkStates>
  );
}

type ChoicesProps = { legend: string; name: string; choices: readonly (readonly [string, string])[] };

function Choices({ legend, name, choices }: ChoicesProps) {
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      {choices.map(([value, label]) => (
        <label
          key={value}
          className="flex cursor-pointer items-center gap-2.5 rounded-md border border-line-strong bg-surface px-3 py-2 text-md hover:bg-hover has-checked:border-accent has-checked:bg-accent-subtle"
        >
          <input type="radio" name={name} value={value} className="accent-accent" />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
