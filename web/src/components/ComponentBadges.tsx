import { BookOpen, Pencil, RadioTower, TriangleAlert, type LucideIcon } from "lucide-react";
import type { Component } from "@/api/types";
import { effectOf, effectWords, type Effect } from "@/lib/components";
import { Badge, type Tone } from "./ui/badge";

const looks: Record<Effect, [Tone, LucideIcon]> = {
  reads: ["good", BookOpen],
  changes: ["info", Pencil],
  destroys: ["bad", TriangleAlert],
  untold: ["warn", TriangleAlert],
  listens: ["neutral", RadioTower],
};

/** What an action does to the world, or that a trigger listens to it. */
export function EffectBadge({ component }: { component: Pick<Component, "component_type" | "annotations"> }) {
  const effect = effectOf(component);
  const [tone, Icon] = looks[effect];
  return (
    <Badge tone={tone}>
      <Icon className="size-3" aria-hidden />
      {effectWords[effect]}
    </Badge>
  );
}

export function TypeBadge({ type }: { type: Component["component_type"] }) {
  return <Badge tone={type === "action" ? "accent" : "neutral"}>{type === "action" ? "Action" : "Trigger"}</Badge>;
}
