type Named = { id: string; external_id: string | null; name: string | null; email: string | null };

/** How a customer is called: by name, else by e-mail address, else by the merchant's own id. */
export function customerName({ id, external_id, name, email }: Named): string {
  return name ?? email ?? external_id ?? id;
}
