import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// A machine may have more to do than to draw what a test waits for.
configure({ asyncUtilTimeout: 10_000 });

// What jsdom lacks. A test that puts globals back keeps these.
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Blob.prototype.text = function (this: Blob) {
  return new Promise((ok) => {
    const reader = new FileReader();
    reader.onload = () => ok(String(reader.result));
    reader.readAsText(this);
  });
};
Element.prototype.scrollIntoView = () => {};
Element.prototype.hasPointerCapture = () => false;
window.scrollTo = () => {};
window.matchMedia = ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} })) as never;

afterEach(() => {
  cleanup();
  localStorage.clear();
});
