/** The five lines of the SDK, with the names of this merchant's catalog in them. */
export function sdkSnippet({ feature, meter }: { feature: string; meter: string }): string {
  return [
    `import { BillingOS } from '@billingos/sdk';`,
    ``,
    `const billing = new BillingOS();`,
    `if (await billing.hasFeature('user_42', '${feature}')) {`,
    `  void billing.trackUsage('user_42', '${meter}', 1);`,
    `}`,
  ].join('\n');
}

/** One check over HTTP. */
export function checkCommand({ api_url, feature }: { api_url: string; feature: string }): string {
  const query = new URLSearchParams({ customer: 'user_42', feature });
  return [
    `curl "${api_url}/api/v1/entitlements/check?${query}" \\`,
    `  -H "Authorization: Bearer $BILLINGOS_SECRET_KEY"`,
  ].join('\n');
}
