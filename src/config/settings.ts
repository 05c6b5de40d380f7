/** A tree as it stood in a configuration file. */
export type Setting = string | number | boolean | readonly Setting[] | Definition;
export interface Definition {
  readonly [key: string]: Setting;
}

export function isList(value: Setting | undefined): value is readonly Setting[] {
  return Array.isArray(value);
}

export function isTree(value: Setting | undefined): value is Definition {
  return typeof value === "object" && !Array.isArray(value);
}

/** The value at a dotted key such as `ports.http`; `undefined` when there is none. */
export function settingAt(settings: Definition, path: string): Setting | undefined {
  let here: Setting | undefined = settings;
  for (const part of path.split(".")) {
    if (!isTree(here)) return undefined;
    here = Object.hasOwn(here, part) ? here[part] : undefined;
  }
  return here;
}

/** A tree with one value at a dotted key. */
export function settingTree(path: string, value: Setting): Definition {
  return path.split(".").reduceRight<Setting>((inner, part) => ({ [part]: inner }), value) as Definition;
}
