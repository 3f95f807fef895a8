/** What went wrong, by code: nothing in English, which is what the service itself speaks. */
export const problem: Readonly<Record<string, { readonly sentence: string; readonly help?: string }>> = {};
