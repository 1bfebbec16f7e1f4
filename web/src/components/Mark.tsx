/** The mark: two jacks joined by a patch cable. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} fill="none" aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="7" fill="#4a43d6" />
      <path d="M9 10.9v2.2c0 8.2 14 .4 14 8.3" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" transform="translate(0 1.2)" />
      <circle cx="9" cy="9" r="3.1" stroke="#fff" strokeWidth="2.4" />
      <circle cx="23" cy="23.4" r="3.1" stroke="#5fe0c4" strokeWidth="2.4" fill="#4a43d6" />
    </svg>
  );
}
