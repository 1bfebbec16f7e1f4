import { Link } from "@tanstack/react-router";
import type { App, AppCategory, Scope } from "@/api/types";
import { categoryName } from "@/lib/catalog";
import { paths } from "@/paths";
import { AppIcon } from "./AppIcon";
import { Badge, type Tone } from "./ui/badge";

const tones: Record<string, [Tone, string]> = { oauth: ["accent", "OAuth"], keys: ["info", "Keys"], none: ["neutral", "None"] };

/** How an account of the app is connected. */
export function AuthBadge({ app }: { app: Pick<App, "auth_type"> }) {
  const kind = app.auth_type ?? "none";
  const [tone, word] = tones[kind] ?? ["neutral", kind];
  return <Badge tone={tone}>{word}</Badge>;
}

/** Marks an app that is not as it ships. */
export function OwnBadge({ override }: { override: boolean }) {
  return <Badge tone="warn">{override ? "Changed" : "Yours"}</Badge>;
}

interface Props {
  apps: App[];
  scope: Scope;
  categories: AppCategory[] | undefined;
  /** The workspace's own files, by slug: whether each stands over a shipped app. */
  own?: Map<string, boolean>;
}

/** The catalogue as cards. The name is the link and covers its card, so that a screen reader hears the name alone. */
export function AppGrid({ apps, scope, categories, own }: Props) {
  return (
    <ul aria-label="Apps" className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {apps.map((a) => (
        <li
          key={a.name_slug}
          className="relative flex min-w-0 flex-col rounded-lg border border-line bg-surface p-4 shadow-card transition-colors hover:border-line-strong has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <div className="flex items-center gap-3">
            <AppIcon app={a} size={36} />
            <Link {...(paths.app(scope, a.name_slug) as { to: string })} className="min-w-0 grow break-words font-semibold after:absolute after:inset-0 focus-visible:outline-none">
              {a.name}
            </Link>
            {own?.has(a.name_slug) && <OwnBadge override={own.get(a.name_slug) === true} />}
            <AuthBadge app={a} />
          </div>
          <div className="mt-2 grow">
            <p className="line-clamp-2 text-muted">{a.description}</p>
          </div>
          {a.categories.length > 0 && (
            <p className="mt-2.5 flex flex-wrap gap-1">
              {a.categories.map((c) => (
                <Badge key={c} className="rounded font-normal">
                  {categoryName(c, categories)}
                </Badge>
              ))}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
