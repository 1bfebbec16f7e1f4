const paths = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  back: "M19 12H5m6-6l-6 6 6 6",
  next: "M9 6l6 6-6 6",
  down: "M6 9l6 6 6-6",
  lock: "M7 11V8a5 5 0 0110 0v3M6 11h12a1 1 0 011 1v7a1 1 0 01-1 1H6a1 1 0 01-1-1v-7a1 1 0 011-1z",
  search: "M11 4a7 7 0 110 14 7 7 0 010-14zm5.2 12.2L21 21",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9a3 3 0 110 6 3 3 0 010-6z",
  hidden: "M4 4l16 16M9.9 5.8A9 9 0 0112 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 01-3 3.7M6.2 7.4A16 16 0 002.500 12S6 18.500 12 18.500a9 9 0 003.800-.8M9.900 9.900a3 3 0 004.200 4.200",
  out: "M14 5h5v5M19 5l-8 8M11 6H6a1 1 0 00-1 1v11a1 1 0 001 1h11a1 1 0 001-1v-5",
  alert: "M12 3.500a8.500 8.500 0 110 17 8.500 8.500 0 010-17zM12 7.800v5m0 3.200v.1",
  pen: "M4 20l.8-4L15.500 5.300a1.500 1.500 0 012.100 0l1.100 1.100a1.500 1.500 0 010 2.100L8 19.200 4 20z",
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside words. It says nothing that the words do not. */
export function Icon({ name, flips }: { name: IconName; flips?: boolean }) {
  return (
    <svg class={flips ? "icon flips" : "icon"} viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
