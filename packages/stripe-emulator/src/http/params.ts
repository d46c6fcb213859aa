import { badParameter } from './errors.ts';
import type { Form, FormRecord } from './form.ts';

/** How one parameter is read from its text; throws Stripe's error naming the parameter. */
export interface Field<T> {
  readonly required?: boolean;
  read(form: Form, name: string): T;
}

/** A parameter without which the request is refused. */
export interface RequiredField<T> extends Field<T> {
  readonly required: true;
}

export type Fields = Record<string, Field<unknown>>;

type RequiredNames<F extends Fields> = {
  [K in keyof F]: F[K] extends RequiredField<unknown> ? K : never;
}[keyof F];
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** What a set of fields reads to: required ones are present, the others may be absent. */
export type Params<F extends Fields> = { [K in RequiredNames<F>]: ValueOf<F[K]> } & {
  [K in Exclude<keyof F, RequiredNames<F>>]?: ValueOf<F[K]> | undefined;
};

const anyText: Field<string> = {
  read(form, name) {
    if (typeof form !== 'string') throw badParameter('Invalid string: it must be text, not a hash', name);
    return form;
  },
};

export const text: Field<string> = {
  read(form, name) {
    const value = anyText.read(form, name);
    if (value === '') {
      throw badParameter(
        `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset.`,
        name,
        'parameter_invalid_empty',
      );
    }
    return value;
  },
};

export const whole: Field<number> = {
  read(form, name) {
    const value = text.read(form, name);
    if (!/^-?\d{1,15}$/.test(value)) {
      throw badParameter(`Invalid integer: ${value}`, name, 'parameter_invalid_integer');
    }
    return Number(value);
  },
};

/** A decimal number kept as text, so that no digit is lost: `0.000123`. */
export const decimal: Field<string> = {
  read(form, name) {
    const value = text.read(form, name);
    if (!/^-?\d+(\.\d{1,12})?$/.test(value)) throw badParameter(`Invalid decimal: ${value}`, name);
    return value;
  },
};

export const flag: Field<boolean> = {
  read(form, name) {
    if (form === 'true') return true;
    if (form === 'false') return false;
    throw badParameter(`Invalid boolean: ${typeof form === 'string' ? form : '{}'}`, name);
  },
};

/** One of the given words. */
export function oneOf<const W extends string>(...words: W[]): Field<W> {
  return {
    read(form, name) {
      const found = words.find((word) => word === form);
      if (found === undefined) {
        throw badParameter(`Invalid ${name}: must be one of ${words.join(', ')}`, name);
      }
      return found;
    },
  };
}

export function list<T>(item: Field<T>): Field<T[]> {
  return {
    read(form, name) {
      if (form === '') return [];
      if (typeof form === 'string') throw badParameter('Invalid array', name);
      return Object.entries(form)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([index, value]) => item.read(value, `${name}[${index}]`));
    },
  };
}

export function shape<F extends Fields>(fields: F): Field<Params<F>> {
  return {
    read(form, name) {
      if (typeof form === 'string') throw badParameter('Invalid object', name);
      return readFields(fields, form, name);
    },
  };
}

/** A field that an empty string clears; null then. */
export function clearable<T>(field: Field<T>): Field<T | null> {
  return { read: (form, name) => (form === '' ? null : field.read(form, name)) };
}

export function required<T>(field: Field<T>): RequiredField<T> {
  return { required: true, read: (form, name) => field.read(form, name) };
}

/** Words by key, as in meter event payloads. */
export const words: Field<Record<string, string>> = {
  read(form, name) {
    if (typeof form === 'string') throw badParameter('Invalid hash', name);
    return Object.fromEntries(
      Object.entries(form).map(([key, value]) => [key, anyText.read(value, `${name}[${key}]`)]),
    );
  },
};

/** Metadata as sent: an empty value removes its key, an empty string removes them all. */
export const metadata: Field<Record<string, string> | ''> = {
  read(form, name) {
    if (form === '') return '';
    const sent = words.read(form, name);
    for (const [key, value] of Object.entries(sent)) {
      if (key.length > 40) throw badParameter(`Metadata keys are at most 40 characters: ${key}`, name);
      if (value.length > 500) throw badParameter(`Metadata values are at most 500 characters: ${key}`, name);
    }
    return sent;
  },
};

/** A time, or bounds on one. */
export interface Range {
  gt?: number | undefined;
  gte?: number | undefined;
  lt?: number | undefined;
  lte?: number | undefined;
}

const bounds = shape({ gt: whole, gte: whole, lt: whole, lte: whole });

export const range: Field<Range> = {
  read(form, name) {
    if (typeof form !== 'string') return bounds.read(form, name);
    const at = whole.read(form, name);
    return { gte: at, lte: at };
  },
};

/** Reads all parameters of a request; what is not declared is refused as Stripe does. */
export function readParams<F extends Fields>(fields: F, form: FormRecord): Params<F> {
  return readFields(fields, form, '');
}

function readFields<F extends Fields>(fields: F, form: FormRecord, prefix: string): Params<F> {
  const named = (key: string) => (prefix === '' ? key : `${prefix}[${key}]`);
  for (const key of Object.keys(form)) {
    if (!Object.hasOwn(fields, key)) {
      throw badParameter(`Received unknown parameter: ${named(key)}`, named(key), 'parameter_unknown');
    }
  }
  const read: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    const value = form[key];
    if (value !== undefined) read[key] = field.read(value, named(key));
    else if (field.required === true) {
      throw badParameter(`Missing required param: ${named(key)}.`, named(key), 'parameter_missing');
    }
  }
  // The one place where what was parsed gets its type: each key was read by the field that declares it.
  return read as Params<F>;
}

/** Stored metadata after a change as `metadata` reads it. */
export function mergedMetadata(
  stored: Record<string, string> | null,
  sent: Record<string, string> | '' | undefined,
): Record<string, string> {
  if (sent === '') return {};
  const merged = { ...stored, ...sent };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}
