import type { Alert } from './alerts.service.ts';

const signs = { info: ':information_source:', warning: ':warning:', critical: ':rotating_light:' } as const;

/** An alert as a Slack message. What a title holds is text: it can neither mention anybody nor hide a link. */
export function slackMessage(alert: Pick<Alert, 'severity' | 'title' | 'detail'>): { text: string } {
  return { text: `${signs[alert.severity]} *${escaped(alert.title)}*\n${escaped(alert.detail)}` };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
