import { Button } from '@billingos/ui/components/button';

type KeyActionsProps = {
  /** `rotated_to`: its successor. */
  apiKey: { name: string; rotated_to: string | null };
  onChoose: (as: 'rotate' | 'revoke') => void;
};

/** What can be done with a key that still opens something. One that has a successor is not rotated again. */
export function KeyActions({ apiKey: { name, rotated_to: successor }, onChoose }: KeyActionsProps) {
  return (
    <>
      {successor === null ? (
        <Button size="sm" variant="ghost" aria-label={`Rotate ${name}`} onClick={() => onChoose('rotate')}>
          Rotate
        </Button>
      ) : null}
      <Button size="sm" variant="ghost" aria-label={`Revoke ${name}`} onClick={() => onChoose('revoke')}>
        Revoke
      </Button>
    </>
  );
}
