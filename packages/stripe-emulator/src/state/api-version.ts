import Stripe from 'stripe';

/** The API version that the installed `stripe` package is pinned to, and that we answer in. */
export const API_VERSION: string = Stripe.API_VERSION;
