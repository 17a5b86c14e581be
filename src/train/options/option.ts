// The entries of the tables of options, and the types that follow from them.

import { checkBoolean, checkFunction, checkInteger, checkNumber, checkOneOf, show } from "../../base/check.js";

/** An option of train. Its doc comment in the table is that of TrainOptions. */
export interface Option {
  /**
   * Checks the given value, and returns the one to use.
   * @param before values of the options that stand before it in the table
   * @throws TypeError, RangeError naming the option
   */
  readonly check: (name: string, value: never, before: never) => unknown;
  /** The kind of its value, where that is all that the command line must know to read it. */
  readonly kind?: "number" | "switch" | "name";
  /** The names that a name can be. */
  readonly names?: readonly string[];
  /** Default value. */
  readonly default?: unknown;
  /** Default value that depends on the options before it; undefined: `default`. */
  readonly derive?: (before: never) => unknown;
  /** Options before it, each with the values that allow this one. */
  readonly goesWith?: Readonly<Record<string, readonly string[]>>;
  /** Whether a checkpoint holds its value. Default true. */
  readonly stored?: false;
  /** What a checkpoint holds instead, where the value is not JSON. */
  readonly store?: (value: never) => unknown;
  /** Whether a training that is resumed may take the value `is` where its checkpoint holds `was`. Default: only the same. */
  readonly suits?: (was: never, is: never) => boolean;
  /** Whether `resume` refuses it, because the checkpoint already holds the words and vectors that came of it. */
  readonly isSpent?: true;
  /** Where else it can be given: when a model is loaded, or when it is trained further. */
  readonly again?: "load" | "train";
}

/** Options by their names, in the order in which they are resolved. */
export type OptionTable = Readonly<Record<string, Option>>;

/** The type of an option as given, and as resolved. */
type GivenOf<O> = O extends { check: (name: string, value: infer Given, before: never) => unknown } ? Given : never;
type ValueOf<O> = O extends { check: (name: string, value: never, before: never) => infer Value } ? Value : never;
type StoredOf<O> = O extends { store: (value: never) => infer Stored } ? Stored : ValueOf<O>;

type Defaulted = { default: unknown } | { derive: (before: never) => unknown };

/** What callers may give; every option may be left out. */
export type Given<Table> = { -readonly [Name in keyof Table]?: GivenOf<Table[Name]> };

/** The options that are taken elsewhere too. */
type OptionsAgain<Table, Again> = {
  readonly [Name in keyof Table as Table[Name] extends { again: Again } ? Name : never]: Table[Name];
};

/** What callers may give there. */
export type GivenAgain<Table, Again> = Given<OptionsAgain<Table, Again>>;

/** The resolved options; those with a default are always there. */
export type Values<Table> = {
  -readonly [Name in keyof Table as Table[Name] extends Defaulted ? Name : never]: ValueOf<Table[Name]>;
} & {
  -readonly [Name in keyof Table as Table[Name] extends Defaulted ? never : Name]?: ValueOf<Table[Name]>;
};

/** What a checkpoint holds of them. */
export type Stored<Table> = {
  -readonly [Name in keyof Table as Table[Name] extends { stored: false } ? never : Name]: StoredOf<Table[Name]>;
};

/** Defaults that depend on nothing. */
export type Defaults<Table> = {
  readonly [Name in keyof Table as Table[Name] extends { default: unknown } ? Name : never]: Table[Name] extends {
    default: infer Default;
  }
    ? Default
    : never;
};

export function integer(min: number, max?: number) {
  return { kind: "number", check: (name: string, value: number) => checkInteger(name, value, min, max) } as const;
}

export function number(min: number, max?: number) {
  return { kind: "number", check: (name: string, value: number) => checkNumber(name, value, min, max) } as const;
}

export function boolean() {
  return { kind: "switch", check: (name: string, value: boolean) => checkBoolean(name, value) } as const;
}

export function oneOf<const Name extends string>(names: readonly Name[]) {
  return { kind: "name", names, check: (name: string, value: Name) => checkOneOf(name, value, names) } as const;
}

/** @typeParam Callback its type, of which only that it is a function can be checked */
export function callback<Callback>() {
  return { stored: false, check: (name: string, value: Callback) => checkFunction(name, value) as Callback } as const;
}

/** The names of a table, or of those of its options that pass. */
export function namesOf<Table extends OptionTable>(table: Table, passes: (option: Option) => boolean = () => true) {
  return (Object.keys(table) as (keyof Table & string)[]).filter((name) => passes(table[name]));
}

/** The options of a table that are taken elsewhere too. */
export function optionsAgain<Table extends OptionTable, Again extends Option["again"]>(table: Table, again: Again) {
  const names = namesOf(table, (option) => option.again === again);
  return Object.fromEntries(names.map((name) => [name, table[name]])) as OptionsAgain<Table, Again>;
}

/**
 * The values of all options of a table.
 * @param given those that are given; undefined is not
 * @param defaults values that go before the defaults of the table
 * @throws TypeError, RangeError naming the option
 */
export function resolve<Table extends OptionTable>(
  table: Table,
  given: Given<Table>,
  defaults: Partial<Values<Table>> = {},
): Values<Table> {
  const values: Record<string, unknown> = {};
  for (const name of namesOf(table)) {
    const { check, default: standard, derive, goesWith = {} } = table[name] as Option;
    const value = given[name];
    const before = (defaults as Record<string, unknown>)[name];
    if (value === undefined) values[name] = before ?? derive?.(values as never) ?? standard;
    else {
      checkGoesWith(name, goesWith, values);
      values[name] = check(name, value as never, values as never);
    }
  }
  return values as Values<Table>;
}

/** @throws RangeError for an option beside values that it does not go with */
function checkGoesWith(name: string, goesWith: NonNullable<Option["goesWith"]>, values: Record<string, unknown>): void {
  const others = Object.entries(goesWith);
  if (others.every(([other, allowed]) => allowed.includes(values[other] as string))) return;
  const either = (list: readonly unknown[]) => list.map(show).join(" or ");
  const expected = others.map(([other, allowed]) => `"${other}" ${either(allowed)}`).join(" and ");
  const got = others.map(([other]) => show(values[other])).join(" and ");
  throw new RangeError(`"${name}" goes with ${expected}, got ${got}: leave it out`);
}
