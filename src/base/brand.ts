declare const brand: unique symbol;

/** A `T` that may not be mixed up with another `T`. Brands are given by the `asX` function beside each brand and nowhere else. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
