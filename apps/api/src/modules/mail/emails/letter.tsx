import {
  Body,
  Button,
  Container,
  Head,
  Heading,
  Hr,
  Html,
  Preview,
  Section,
  Text,
} from '@react-email/components';
import type { ReactNode } from 'react';

const ink = '#18181b';
const quiet = '#71717a';
const line = '#e4e4e7';

interface LetterProps {
  merchant: string;
  title: string;
  /** What an inbox shows beside the subject. */
  preview: string;
  children: ReactNode;
  action?: { label: string; url: string } | undefined;
  /** Why the reader gets this. */
  because: string;
}

/** What every mail to a customer looks like: the merchant's name, what it is about, at most one thing to do. */
export function Letter({ merchant, title, preview, children, action, because }: LetterProps) {
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light" />
      </Head>
      <Preview>{preview}</Preview>
      <Body style={{ backgroundColor: '#f4f4f5', fontFamily: 'Helvetica, Arial, sans-serif', margin: 0 }}>
        <Container style={{ maxWidth: '560px', padding: '32px 16px' }}>
          <Text style={{ color: quiet, fontSize: '14px', fontWeight: 600, margin: '0 0 12px' }}>
            {merchant}
          </Text>
          <Section
            style={{
              backgroundColor: '#ffffff',
              border: `1px solid ${line}`,
              borderRadius: '12px',
              padding: '28px',
            }}
          >
            <Heading as="h1" style={{ color: ink, fontSize: '20px', lineHeight: '28px', margin: '0 0 12px' }}>
              {title}
            </Heading>
            {children}
            {action === undefined ? null : (
              <Button
                href={action.url}
                style={{
                  backgroundColor: ink,
                  borderRadius: '8px',
                  color: '#ffffff',
                  fontSize: '15px',
                  fontWeight: 600,
                  marginTop: '12px',
                  padding: '12px 20px',
                }}
              >
                {action.label}
              </Button>
            )}
          </Section>
          <Hr style={{ borderColor: line, margin: '24px 0 12px' }} />
          <Text style={{ color: quiet, fontSize: '12px', lineHeight: '18px', margin: 0 }}>{because}</Text>
        </Container>
      </Body>
    </Html>
  );
}

/** A paragraph of a letter. */
export function Words({ children }: { children: ReactNode }) {
  return (
    <Text style={{ color: '#3f3f46', fontSize: '15px', lineHeight: '24px', margin: '0 0 12px' }}>
      {children}
    </Text>
  );
}
