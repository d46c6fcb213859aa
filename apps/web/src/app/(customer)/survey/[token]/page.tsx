import type { Metadata } from 'next';
import { Survey } from '#features/survey/survey.tsx';
import { env } from '../../../../env.ts';

export const metadata: Metadata = { title: 'Why did you leave?' };

export default async function SurveyPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  return <Survey token={token} apiUrl={env().api_url} />;
}
