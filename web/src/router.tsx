import { createRootRoute, createRoute, createRouter, Link, Outlet, type ErrorComponentProps, type RouteComponent } from "@tanstack/react-router";
import { Problem } from "@/components/Async";
import { Mark } from "@/components/Mark";
import { Shell, SignedIn } from "@/components/Shell";
import { useSession } from "@/lib/hooks";
import { AccountPage } from "@/pages/AccountPage";
import { AccountsPage } from "@/pages/AccountsPage";
import { AppAddressPage } from "@/pages/AppAddressPage";
import { AppFilePage } from "@/pages/AppFilePage";
import { AppOverridesPage } from "@/pages/AppOverridesPage";
import { AppPage } from "@/pages/AppPage";
import { AppsPage } from "@/pages/AppsPage";
import { AuditPage } from "@/pages/AuditPage";
import { BrandingPage } from "@/pages/BrandingPage";
import { ClientsPage } from "@/pages/ClientsPage";
import { DeadLettersPage } from "@/pages/DeadLettersPage";
import { DeliveriesPage } from "@/pages/DeliveriesPage";
import { DeliveryPage } from "@/pages/DeliveryPage";
import { EndpointPage } from "@/pages/EndpointPage";
import { EndpointsPage } from "@/pages/EndpointsPage";
import { EventTypesPage } from "@/pages/EventTypesPage";
import { HomePage } from "@/pages/HomePage";
import { ImportsPage } from "@/pages/ImportsPage";
import { IncomingPage } from "@/pages/IncomingPage";
import { NotificationsPage } from "@/pages/NotificationsPage";
import { OAuthClientsPage } from "@/pages/OAuthClientsPage";
import { OverviewPage } from "@/pages/OverviewPage";
import { RequestPage } from "@/pages/RequestPage";
import { RequestsPage } from "@/pages/RequestsPage";
import { RevocationsPage } from "@/pages/RevocationsPage";
import { RunPage } from "@/pages/RunPage";
import { RunbookPage } from "@/pages/RunbookPage";
import { RunsPage } from "@/pages/RunsPage";
import { SessionPage } from "@/pages/SessionPage";
import { SessionsPage } from "@/pages/SessionsPage";
import { SettingsPage } from "@/pages/SettingsPage";
import { SignInPage } from "@/pages/SignInPage";
import { TriggerPage } from "@/pages/TriggerPage";
import { UserPage } from "@/pages/UserPage";
import { UsersPage } from "@/pages/UsersPage";
import { WebhookPage } from "@/pages/WebhookPage";
import { WorkflowNewPage } from "@/pages/WorkflowNewPage";
import { WorkflowPage } from "@/pages/WorkflowPage";
import { WorkflowsPage } from "@/pages/WorkflowsPage";
import { routes } from "./paths";

function ProjectFrame() {
  return <Shell session={useSession()} />;
}

function NotFound() {
  return (
    <main className="mx-auto mt-24 max-w-md px-4 text-center">
      <div className="mb-4 flex justify-center">
        <Mark size={44} />
      </div>
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <p className="mt-1 text-muted">
        <Link to="/" className="text-accent hover:underline underline-offset-4">
          Back to the overview
        </Link>
      </p>
    </main>
  );
}

function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <main className="mx-auto mt-24 max-w-md rounded-lg border border-line bg-surface">
      <Problem error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
    </main>
  );
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const page = (path: string, component: RouteComponent) => createRoute({ getParentRoute: () => project, path: path.slice(routes.scope.length) || "/", component });

const signIn = createRoute({ getParentRoute: () => root, path: routes.signIn, component: SignInPage });
const signedIn = createRoute({ getParentRoute: () => root, id: "signed-in", component: SignedIn });
const home = createRoute({ getParentRoute: () => signedIn, path: routes.home, component: HomePage });
const runbook = createRoute({ getParentRoute: () => root, path: routes.runbook, component: RunbookPage });
const noEnvironment = createRoute({ getParentRoute: () => signedIn, path: routes.project, component: HomePage });
const project = createRoute({ getParentRoute: () => signedIn, path: routes.scope, component: ProjectFrame });

const pages = [
  page(routes.scope, OverviewPage),
  page(routes.users, UsersPage),
  page(routes.user, UserPage),
  page(routes.trigger, TriggerPage),
  page(routes.incoming, IncomingPage),
  page(routes.appAddress, AppAddressPage),
  page(routes.apps, AppsPage),
  page(routes.app, AppPage),
  page(routes.appFile, AppFilePage),
  page(routes.accounts, AccountsPage),
  page(routes.account, AccountPage),
  page(routes.imports, ImportsPage),
  page(routes.revocations, RevocationsPage),
  page(routes.workflows, WorkflowsPage),
  page(routes.workflowNew, WorkflowNewPage),
  page(routes.workflow, WorkflowPage),
  page(routes.runs, RunsPage),
  page(routes.run, RunPage),
  page(routes.deliveries, DeliveriesPage),
  page(routes.delivery, DeliveryPage),
  page(routes.deadLetters, DeadLettersPage),
  page(routes.requests, RequestsPage),
  page(routes.request, RequestPage),
  page(routes.webhook, WebhookPage),
  page(routes.notifications, NotificationsPage),
  page(routes.endpoints, EndpointsPage),
  page(routes.endpoint, EndpointPage),
  page(routes.eventTypes, EventTypesPage),
  page(routes.branding, BrandingPage),
  page(routes.sessions, SessionsPage),
  page(routes.session, SessionPage),
  page(routes.oauthClients, OAuthClientsPage),
  page(routes.appOverrides, AppOverridesPage),
  page(routes.clients, ClientsPage),
  page(routes.audit, AuditPage),
  page(routes.settings, SettingsPage),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, runbook, signedIn.addChildren([home, noEnvironment, project.addChildren(pages)])]),
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
  trailingSlash: "never",
  // Search parameters are text, so that an id of digits stays what it is.
  parseSearch: (s) => Object.fromEntries(new URLSearchParams(s)),
  stringifySearch: (o) => {
    const kept = Object.entries(o as Record<string, unknown>).filter(([, v]) => v !== undefined && v !== "");
    const s = new URLSearchParams(kept.map(([k, v]) => [k, String(v)])).toString();
    return s && `?${s}`;
  },
});
