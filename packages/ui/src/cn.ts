import { clsx, type ClassValue } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

// The type scale is ours, so tailwind-merge has to be told that `text-md` is a size and not a colour.
const merge = extendTailwindMerge({
  extend: {
    classGroups: { 'font-size': [{ text: ['2xs', 'xs', 'sm', 'md', 'lg', 'xl', '2xl', '3xl', '4xl'] }] },
  },
});

/** Joins class names; of two that set the same property the later one wins. */
export function cn(...inputs: ClassValue[]): string {
  return merge(clsx(inputs));
}
