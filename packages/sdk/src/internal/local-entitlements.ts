import type { CustomerEntitlements, MeteredUsage } from '../resources/entitlements.ts';

type Feature = CustomerEntitlements['features'][number];

/** What can be answered from a copy: `undefined` is for BillingOS to say. */
export type Verdict = boolean | undefined;

/** What this process knows of one customer. */
export class LocalEntitlements {
  /** When it was read; before all time until it was. */
  readAt = -Infinity;
  /** It may have changed since it was read. */
  isOutdated = false;
  /** Looked at since the last time something had to go. */
  isUsed = true;
  /** BillingOS has to be asked: there is no such customer, or a payment is under way. */
  mustAsk = false;
  loading: Promise<void> | undefined;
  version = -1;
  /** The merchant's own id of the customer, as BillingOS said it. */
  externalId: string | null = null;
  /** When it must be read again: a period ends, of billing or of a cap. */
  endsAt = Infinity;
  readonly #features = new Map<string, Feature>();
  /** Features that exist and are not granted, by what BillingOS said. */
  readonly #denied = new Set<string>();
  /** Used here of a meter, and perhaps not in what BillingOS said yet. */
  readonly #own = new Map<string, number>();

  get isKnown(): boolean {
    return this.version >= 0;
  }

  /** Whether BillingOS said anything about the feature. */
  lists(feature: string): boolean {
    return this.#features.has(feature);
  }

  /** Takes over what BillingOS said, unless something newer is here. Of usage, the newest of both. */
  take(said: CustomerEntitlements, readAt: number): void {
    if (said.version < this.version) {
      return;
    }
    if (said.version > this.version) {
      this.#denied.clear();
    }
    const features = said.features.map((feature) => newest(feature, this.#features.get(feature.feature)));
    this.#features.clear();
    for (const feature of features) {
      this.#features.set(feature.feature, feature);
    }
    this.version = said.version;
    this.externalId = said.external_id;
    this.mustAsk = said.pending;
    this.readAt = readAt;
    this.isOutdated = false;
    this.endsAt = said.valid_until === null ? Infinity : Date.parse(said.valid_until);
  }

  /** Takes over a new total. One that fell was corrected: what was denied may be allowed again. */
  takeUsage({ meter, period_start: start, used, usage_version: version }: MeteredUsage): void {
    for (const feature of this.#features.values()) {
      const isOfPeriod =
        feature.period_start !== null && Date.parse(feature.period_start) === Date.parse(start);
      if (feature.meter === meter && isOfPeriod && version > feature.usage_version) {
        // A total is of the period alone; in the first paid one a trial counts, too.
        const counted = exact(used + feature.carried);
        this.isOutdated ||= counted < feature.used;
        feature.used = counted;
        feature.usage_version = version;
      }
    }
  }

  /** Remembers that BillingOS denied a feature that it does not list here. */
  deny(feature: string, version: number): void {
    if (version === this.version && !this.#features.has(feature)) {
      this.#denied.add(feature);
    }
  }

  addOwn(meter: string, value: number): void {
    const sum = (this.#own.get(meter) ?? 0) + value;
    if (Math.abs(sum) < 1e-12) {
      this.#own.delete(meter);
    } else {
      this.#own.set(meter, sum);
    }
  }

  /**
   * Whether `required` of a feature may be used. A "no" that BillingOS did not say, because of what was used here since,
   * is not said: it is asked.
   */
  judge(name: string, required: number): Verdict {
    const feature = this.#features.get(name);
    if (feature === undefined) {
      return this.#denied.has(name) ? false : undefined;
    }
    if (!feature.allowed) {
      return feature.type === 'metered' && required < 1 ? undefined : false;
    }
    return feature.allowed_up_to === null || exact(this.#used(feature) + required) <= feature.allowed_up_to
      ? true
      : undefined;
  }

  /** The numbers that go with a verdict. */
  describe(name: string, required: number, allowed: boolean) {
    const feature = this.#features.get(name);
    const isMetered = feature?.type === 'metered';
    const used = feature !== undefined && isMetered ? this.#used(feature) : null;
    const limit = isMetered ? feature.limit : null;
    // Held by reservations: what BillingOS said to remain is without it.
    const upTo = feature?.allowed_up_to ?? limit;
    return {
      allowed,
      reason: allowed
        ? null
        : (feature?.reason ?? (feature === undefined ? 'not_entitled' : 'limit_reached')),
      feature: name,
      type: feature?.type ?? null,
      used,
      limit,
      remaining: used === null || upTo === null ? null : Math.max(0, exact(upTo - used)),
      overage:
        used !== null && limit !== null && feature?.overage === 'allow' && allowed
          ? Math.max(0, exact(used + required - limit))
          : null,
      resets_at: (allowed ? undefined : capReached(feature)?.resets_at) ?? feature?.resets_at ?? null,
      value: allowed && feature?.type === 'config' ? feature.value : null,
      // What pays beyond the limit is for BillingOS to say.
      credits: null,
      version: this.version,
    } as const;
  }

  #used(feature: Feature): number {
    const own = feature.meter === null ? undefined : this.#own.get(feature.meter);
    return own === undefined ? feature.used : exact(feature.used + own);
  }
}

/** The cap that denies. */
function capReached(feature: Feature | undefined) {
  return feature?.reason === 'usage_cap'
    ? feature.caps.find(({ used, quantity }) => used >= quantity)
    : undefined;
}

/** Usage of the same period that is known to be newer is kept. */
function newest(said: Feature, held: Feature | undefined): Feature {
  const isNewer =
    held !== undefined && held.period_start === said.period_start && held.usage_version > said.usage_version;
  return isNewer
    ? { ...said, used: exact(held.used - held.carried + said.carried), usage_version: held.usage_version }
    : said;
}

/** Quantities have at most 12 decimals: what binary fractions add beyond is noise. */
function exact(value: number): number {
  return Number.isSafeInteger(value) ? value : Number(value.toFixed(12));
}
