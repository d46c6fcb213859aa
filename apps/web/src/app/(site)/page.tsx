import { Capabilities } from '#features/site/capabilities.tsx';
import { ClosingCall } from '#features/site/closing-call.tsx';
import { Hero } from '#features/site/hero.tsx';
import { Pricing } from '#features/site/pricing.tsx';

export default function LandingPage() {
  return (
    <>
      <Hero />
      <Capabilities />
      <Pricing />
      <ClosingCall />
    </>
  );
}
