declare module "js-yaml" {
  export function load(text: string, options?: { schema?: unknown }): unknown;
  /** YAML 1.2 without dates, as the API reads it. */
  export const CORE_SCHEMA: unknown;
}
