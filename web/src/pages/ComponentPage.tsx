import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { appQuery } from "@/api/calls";
import { componentQuery } from "@/api/components";
import type { Component } from "@/api/types";
import { OwnBadge } from "@/components/AppGrid";
import { AppIcon } from "@/components/AppIcon";
import { Async, SkeletonCard } from "@/components/Async";
import { EffectBadge, TypeBadge } from "@/components/ComponentBadges";
import { ComponentFacts, ComponentPropList, SampleEvent } from "@/components/ComponentFacts";
import { ComponentTry } from "@/components/ComponentTry";
import { PageHead } from "@/components/PageHead";
import { Button } from "@/components/ui/button";
import { ownName } from "@/lib/components";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One action or trigger: what it does, what it asks for, and a place to try it. */
export function ComponentPage() {
  const scope = useScope();
  const component = useQuery(componentQuery(scope, useParam("componentKey")));
  const up = { label: "Actions and triggers", place: paths.components(scope) };
  if (component.data) return <Known key={component.data.key} component={component.data} up={up} />;
  return (
    <>
      <PageHead title="Action or trigger" up={up} />
      <Async query={component} skeleton={<SkeletonCard />}>
        {() => null}
      </Async>
    </>
  );
}

function Known({ component: c, up }: { component: Component; up: Parameters<typeof PageHead>[0]["up"] }) {
  const scope = useScope();
  const own = ownName(c.key);
  const app = useQuery({ ...appQuery(c.app ?? ""), enabled: Boolean(c.app) });
  return (
    <>
      <PageHead
        title={c.name}
        icon={app.data && <AppIcon app={app.data} size={32} />}
        badge={
          <>
            <TypeBadge type={c.component_type} />
            <EffectBadge component={c} />
            {own && <OwnBadge override={false} />}
          </>
        }
        text={c.description}
        up={up}
        actions={
          own && (
            <Button asChild>
              <Link {...(paths.privateComponent(scope, own) as { to: string })}>File and versions</Link>
            </Button>
          )
        }
      />
      <div className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
        <div className="grid min-w-0 gap-4">
          <ComponentTry component={c} />
        </div>
        <div className="grid min-w-0 gap-4">
          <ComponentFacts component={c} app={app.data} />
          <SampleEvent component={c} />
          <ComponentPropList component={c} app={app.data} />
        </div>
      </div>
    </>
  );
}
