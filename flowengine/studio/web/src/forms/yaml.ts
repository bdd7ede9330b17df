import { isObject } from "../api/json";
import type { Json } from "../api/types";
import { looksOtherwise } from "./values";

const PLAIN = /^(?:[A-Za-z_/<$][^:#,[\]{}"'`\n]*[^:#,[\]{}"'`\s]|[A-Za-z_])$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;

function scalar(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return PLAIN.test(value) && !WORDS.test(value) && !looksOtherwise(value) ? value : JSON.stringify(value);
}

/** Write a value as YAML, to be read and changed by a person; what stands in the file is written by the server. */
export function yamlOf(value: Json, indent = ""): string {
  if (Array.isArray(value) && value.length > 0) return value.map((one) => `${indent}- ${item(one, `${indent}  `)}`).join("\n");
  if (!isObject(value) || Object.keys(value).length === 0) return scalar(value);
  return Object.entries(value)
    .map(([key, one]) => `${indent}${scalar(key)}:${below(one, indent)}`)
    .join("\n");
}

function below(value: Json, indent: string): string {
  if (typeof value === "string" && value.includes("\n")) return ` ${block(value, indent)}`;
  const isNested = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  return isNested ? `\n${yamlOf(value, `${indent}  `)}` : ` ${scalar(value)}`;
}

function item(value: Json, indent: string): string {
  return typeof value === "string" && value.includes("\n") ? block(value, indent.slice(2)) : yamlOf(value, indent).trimStart();
}

function block(text: string, indent: string): string {
  if (/^\s|[^\S\n]\n|\n\n$/.test(text)) return JSON.stringify(text);
  const lines = text.replace(/\n$/, "").split("\n");
  return [text.endsWith("\n") ? "|" : "|-", ...lines.map((line) => (line ? `${indent}  ${line}` : ""))].join("\n");
}
