import type { ListView } from "@/api/views";

export type Search = Record<string, string | undefined>;

/** Says in an address that a list is to be shown without its default view. */
export const unfiltered: Search = { view: "all" };

/** The filters of an address as a view keeps them: in one order, and nothing that is no filter. */
export function searchText(search: Search): string {
  const kept = Object.entries(search).filter((e): e is [string, string] => e[0] !== "view" && typeof e[1] === "string" && e[1] !== "");
  return new URLSearchParams(kept.sort(([a], [b]) => (a < b ? -1 : 1))).toString();
}

export const searchOf = (text: string): Search => Object.fromEntries(new URLSearchParams(text));

/** The views of a list, by name. What the server may say beside them is passed over. */
export function viewsOf(all: ListView[] | undefined, list: string): ListView[] {
  return (Array.isArray(all) ? all : []).filter((v) => v?.list === list && typeof v.name === "string" && typeof v.search === "string").sort((a, b) => a.name.localeCompare(b.name));
}

/** The view that an address shows, if it shows one. */
export const shownView = (views: ListView[], search: Search) => views.find((v) => searchText(searchOf(v.search)) === searchText(search));

/** The view to begin with: the default one, when the address asks for nothing. */
export function firstView(views: ListView[], search: Search): ListView | undefined {
  return searchText(search) === "" && search.view === undefined ? views.find((v) => v.default) : undefined;
}
