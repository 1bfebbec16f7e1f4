import { FlaskConical, Rocket } from "lucide-react";
import type { Environment } from "@/api/types";

/** Word, icon and colour each tell the environments apart. */
export const environments: Record<Environment, { name: string; text: string; icon: typeof Rocket; style: string }> = {
  development: { name: "Development", text: "For trying things out", icon: FlaskConical, style: "bg-development" },
  production: { name: "Production", text: "Your real users", icon: Rocket, style: "bg-production" },
};
