import { Fragment, type ReactNode } from "react";
import { markdown, type Block, type Inline } from "@/lib/markdown";
import { Code } from "./Copy";

/** Draws a setup guide. All of it becomes text of React elements; nothing is ever read as HTML. */
export function Markdown({ source }: { source: string }) {
  return <div className="space-y-3 leading-relaxed break-words">{markdown(source).map(block)}</div>;
}

function block(b: Block, key: number): ReactNode {
  switch (b.kind) {
    case "heading": {
      // The page has its own h1, and the dialog around a guide its h2.
      const H = b.level === 1 ? "h3" : "h4";
      return (
        <H key={key} className="font-semibold">
          {b.text.map(words)}
        </H>
      );
    }
    case "paragraph":
      return <p key={key}>{b.text.map(words)}</p>;
    case "code":
      return <Code key={key} code={b.code} wrap />;
    case "list": {
      const items = b.items.map((item, i) => (
        <li key={i} className="space-y-2 pl-1 marker:text-muted">
          {item.map((inner, at) => (inner.kind === "paragraph" && at === 0 ? <Fragment key={at}>{inner.text.map(words)}</Fragment> : block(inner, at)))}
        </li>
      ));
      return b.ordered ? (
        <ol key={key} start={b.start} className="list-decimal space-y-2 pl-6">
          {items}
        </ol>
      ) : (
        <ul key={key} className="list-disc space-y-2 pl-6">
          {items}
        </ul>
      );
    }
  }
}

function words(w: Inline, key: number): ReactNode {
  switch (w.kind) {
    case "text":
      return w.text;
    case "code":
      return (
        <code key={key} className="rounded bg-sunken px-1 py-0.5 text-[0.8125rem] break-all">
          {w.text}
        </code>
      );
    case "bold":
      return <strong key={key}>{w.inner.map(words)}</strong>;
    case "emphasis":
      return <em key={key}>{w.inner.map(words)}</em>;
    case "link":
      // Only https comes this far; see the parser.
      return (
        <a key={key} href={w.text} target="_blank" rel="noopener noreferrer" className="break-all text-accent hover:underline underline-offset-4">
          {w.text}
        </a>
      );
  }
}
