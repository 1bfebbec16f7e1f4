/** Whether what a refusal names (`details.field`) is a field, or something within it. A field has one name of the API's or several. */
export function concerns(named: unknown, names: string): boolean {
  return typeof named === "string" && names.split(" ").some((n) => named === n || named.startsWith(`${n}.`));
}
