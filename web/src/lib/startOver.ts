/** Begins at the front door with nothing kept: what was on the page is of another workspace now. */
export function startOver() {
  window.location.assign("/");
}
