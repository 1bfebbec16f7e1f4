import type { components } from "@/api/schema.gen";

/** What is too large to be shown. The link is good for a day, and made anew with the page. */
export function Large({ reference }: { reference: components["schemas"]["PayloadReference"] }) {
  return (
    <p>
      It is too large to be shown here: {(reference.size / 1024).toLocaleString("en", { maximumFractionDigits: 0 })} KiB.{" "}
      <a href={reference.url} download className="text-accent hover:underline underline-offset-4">
        Download it
      </a>
    </p>
  );
}
