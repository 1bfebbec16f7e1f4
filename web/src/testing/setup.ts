import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

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
