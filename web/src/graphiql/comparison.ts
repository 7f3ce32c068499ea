// Compares the documentation of two views: the types of both, and the members of one type side by side.

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from "graphql";

/** A field, an input field, an enum value or a member of a union. */
export interface Member {
  arguments: readonly string[];
  /** The type as it is written, and the name in it. */
  type: string;
  named: string | null;
  description: string;
  deprecated: string | null;
}

export type Difference = "same" | "left" | "right" | "changed";

export interface Row {
  name: string;
  left: Member | undefined;
  right: Member | undefined;
  difference: Difference;
}

export interface TypeRow {
  name: string;
  difference: Difference;
}

/** The types of two schemas by name. One is "changed" if its members or its description differ. */
export function compareTypes(left: GraphQLSchema, right: GraphQLSchema): TypeRow[] {
  const names = new Set([...namesOf(left), ...namesOf(right)]);
  return [...names].sort().map((name) => {
    const [one, other] = [left.getType(name), right.getType(name)];
    if (!one) return { name, difference: "right" };
    if (!other) return { name, difference: "left" };
    const differs = descriptionOf(one) !== descriptionOf(other) || compareMembers(one, other).some((row) => row.difference !== "same");
    return { name, difference: differs ? "changed" : "same" };
  });
}

/** The members of a type in either schema, in the order of the left one. */
export function compareMembers(left: GraphQLNamedType | undefined, right: GraphQLNamedType | undefined): Row[] {
  const [ones, others] = [membersOf(left), membersOf(right)];
  const names = new Set([...ones.keys(), ...others.keys()]);
  return [...names].map((name) => {
    const [one, other] = [ones.get(name), others.get(name)];
    return { name, left: one, right: other, difference: differenceOf(one, other) };
  });
}

export function kindOf(type: GraphQLNamedType): string {
  if (isInterfaceType(type)) return "interface";
  if (isInputObjectType(type)) return "input";
  if (isEnumType(type)) return "enum";
  if (isUnionType(type)) return "union";
  return isObjectType(type) ? "type" : "scalar";
}

export function descriptionOf(type: GraphQLNamedType | undefined): string {
  return type?.description ?? "";
}

function namesOf(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .map((type) => type.name);
}

function differenceOf(left: Member | undefined, right: Member | undefined): Difference {
  if (!left) return "right";
  if (!right) return "left";
  return JSON.stringify(left) === JSON.stringify(right) ? "same" : "changed";
}

function membersOf(type: GraphQLNamedType | undefined): Map<string, Member> {
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    return new Map(
      Object.values(type.getFields()).map((field) => [
        field.name,
        {
          arguments: "args" in field ? field.args.map(argumentText) : [],
          type: String(field.type),
          named: getNamedType(field.type as GraphQLType).name,
          description: field.description ?? "",
          deprecated: field.deprecationReason ?? null,
        },
      ]),
    );
  }
  if (isEnumType(type)) {
    return new Map(type.getValues().map((value) => [value.name, plain(value.description, value.deprecationReason)]));
  }
  if (isUnionType(type)) {
    return new Map(type.getTypes().map((one) => [one.name, { ...plain(one.description), named: one.name }]));
  }
  return new Map();
}

function plain(description: string | null | undefined, deprecated: string | null | undefined = null): Member {
  return { arguments: [], type: "", named: null, description: description ?? "", deprecated: deprecated ?? null };
}

function argumentText(argument: GraphQLArgument): string {
  const fallback = argument.astNode?.defaultValue;
  const shown = fallback?.loc ? ` = ${fallback.loc.source.body.slice(fallback.loc.start, fallback.loc.end)}` : "";
  return `${argument.name}: ${String(argument.type)}${shown}`;
}
