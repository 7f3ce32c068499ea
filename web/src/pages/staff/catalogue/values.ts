// The values of an entry as a form has them, and what an input makes of those that have changed.

import type { CatalogueEntryQuery } from "../../../../generated/manager";
import type { Field } from "./kinds";

export type Entry = Extract<NonNullable<CatalogueEntryQuery["node"]>, { readonly version: number }>;
export type Values = Readonly<Record<string, string>>;

/** The names of a form's fields, which are the paths of an input's values. */
export function namesOf({ name, translated }: Field): readonly string[] {
  return translated ? [name, french(name)] : [name];
}

export function french(name: string): string {
  return `translations.0.${name}`;
}

export function valuesOf(entry: Entry, fields: readonly Field[]): Values {
  const found: Record<string, unknown> = { ...entry };
  if ("treatmentKind" in entry) found["kind"] = entry.treatmentKind;
  if ("readiness" in entry) found["neededCount"] = entry.readiness.needed;
  const original: Record<string, unknown> = { ...entry.original };
  const translation: Record<string, unknown> = { ...entry.translations.find((each) => each.language === "FR") };
  return Object.fromEntries(
    fields.flatMap(({ name, translated }) =>
      translated
        ? [[name, typed(original[name])] as const, [french(name), typed(translation[name])] as const]
        : [[name, typed(found[name])] as const],
    ),
  );
}

function typed(value: unknown): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The values that differ from those before, as an input takes them. */
export function changes(values: Values, before: Values, fields: readonly Field[]): Record<string, unknown> {
  const differs = (name: string): boolean => (values[name] ?? "") !== (before[name] ?? "");
  const input: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    if (values[name] !== undefined && differs(name)) input[name] = read(values[name], type);
  }
  const translated = fields.filter((field) => field.translated);
  if (translated.some(({ name }) => differs(french(name)))) {
    const texts = translated.map(({ name, type, required }) => {
      const given = values[french(name)] ?? "";
      return [name, required ? given : read(given, type)] as const; // what is missing is refused at its place
    });
    const isEmpty = translated.every(({ name }) => !values[french(name)]);
    input["translations"] = isEmpty ? [] : [{ language: "FR", ...Object.fromEntries(texts) }];
  }
  return input;
}

function read(typed: string, type: Field["type"]): unknown {
  const given = typed.trim();
  if (type === "list") return given.split(",").map((each) => each.trim()).filter(Boolean);
  if (type === "number") return given === "" ? null : Number(given.replace(",", "."));
  return given || null;
}
