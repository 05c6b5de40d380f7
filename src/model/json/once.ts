/** The same writer, which makes the text of one value once: watchers that were woken by one change get one value. */
export function once<T extends object>(write: (value: T) => string): (value: T) => string {
  const texts = new WeakMap<T, string>();
  return (value) => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    const text = write(value);
    texts.set(value, text);
    return text;
  };
}

/** The same writer, which keeps its last text, and knows the value by its identity: for values so many that a text for each would cost more than it saves. */
export function onceInARow<T extends object>(write: (value: T) => string): (value: T) => string {
  let last: { readonly value: T; readonly text: string } | undefined;
  return (value) => {
    if (last?.value !== value) last = { value, text: write(value) };
    return last.text;
  };
}
