import { Problem } from "./Async";
import { Mark } from "./Mark";

/** The whole window while it is not known yet what to show. */
export function Splash() {
  return (
    <div role="status" className="flex h-dvh items-center justify-center">
      <Mark size={36} />
      <span className="sr-only">Loading</span>
    </div>
  );
}

/** The whole window when what every page needs could not be had. */
export function ProblemAlone({ error, retry }: { error: Error; retry: () => unknown }) {
  return (
    <main className="mx-auto mt-24 max-w-md rounded-lg border border-line bg-surface">
      <Problem error={error} retry={retry} />
    </main>
  );
}
