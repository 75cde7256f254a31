// What does a source file import, and what is left of it without comments and texts?
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Import {
  /** A path of the tree (`src/errors.ts`) for a relative import, else the package's name as written. */
  readonly target: string;
  readonly isRelative: boolean;
  /** Nothing of it is left after compiling. */
  readonly isTypeOnly: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments removed and with quoted texts and regular expressions emptied. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export type Tree = ReadonlyMap<string, Source>;

const comment = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const quoted = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`;
const template = String.raw`\`(?:\\[\s\S]|[^\`\\])*\``;
/** A slash begins a regular expression only where a value may begin. */
const expression = String.raw`(?<=(?:[(,=:[!&|?{};>+]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])+\/[a-z]*`;
const tokens = new RegExp(
  `(?<comment>${comment})|(?<quoted>${quoted})|(?<template>${template})|(?<expression>${expression})`,
  "g",
);

function replaceTokens(text: string, replace: (kind: string, token: string) => string): string {
  return text.replace(tokens, (token, ...rest) => {
    const groups: Record<string, string | undefined> = rest.at(-1);
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined) ?? "";
    return replace(kind, token);
  });
}

function emptyTexts(text: string): string {
  return replaceTokens(text, (kind, token) => {
    if (kind === "comment") return "";
    if (kind !== "template") return '""';
    // What stands inside ${…} is code like any other.
    const inner = [...token.matchAll(/\$\{([^}]*)\}/g)].map((match) => ` (${match[1] ?? ""}) `);
    return `""${inner.join("")}`;
  });
}

const statement = /^\s*(?:import|export)\s+(?<clause>[^;'"`]*?)\s*from\s*["'](?<from>[^"']+)["']/gm;
const bare = /^\s*import\s*["'](?<from>[^"']+)["']/gm;
const dynamic = /\bimport\s*\(\s*["'](?<from>[^"']+)["']\s*\)/g;

function isTypeClause(clause: string): boolean {
  if (/^type\b/.test(clause)) return true;
  const names = /^\{(?<names>[\s\S]*)\}$/
    .exec(clause)
    ?.groups?.names?.split(",")
    .filter((name) => name.trim());
  return names?.every((name) => /^\s*type\s/.test(name)) ?? false;
}

function listImports(path: string, text: string): Import[] {
  const uncommented = replaceTokens(text, (kind, token) => (kind === "comment" ? "" : token));
  return [statement, bare, dynamic].flatMap((pattern) =>
    [...uncommented.matchAll(pattern)].map((match) => {
      const from = match.groups?.from ?? "";
      const isRelative = from.startsWith(".");
      return {
        target: isRelative ? join(dirname(path), from) : from,
        isRelative,
        isTypeOnly: isTypeClause(match.groups?.clause ?? ""),
      };
    }),
  );
}

/** A tree from paths and texts. */
export function parseTree(texts: Readonly<Record<string, string>>): Tree {
  return new Map(
    Object.entries(texts).map(([path, text]) => [
      path,
      { path, text, code: emptyTexts(text), imports: listImports(path, text) },
    ]),
  );
}

/** All TypeScript files of a folder below the project's root, by their path from the root. */
export function readTree(root: string, folder: string): Tree {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))
    .sort();
  return parseTree(Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), "utf8")])));
}
