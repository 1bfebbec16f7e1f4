import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, type ErrorComponentProps, type RouteComponent } from "@tanstack/react-router";
import { Problem } from "@/components/Async";
import { Mark } from "@/components/Mark";
import { Shell, SignedIn } from "@/components/Shell";
import { useSession } from "@/lib/hooks";
import { HomePage } from "@/pages/HomePage";
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

/** A page in a file of its own, fetched when somebody is about to go there. */
const lazily = <K extends string>(load: () => Promise<Record<K, RouteComponent>>, name: K) => lazyRouteComponent(load, name);

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const page = (path: string, component: RouteComponent) => createRoute({ getParentRoute: () => project, path: path.slice(routes.scope.length) || "/", component });

const signIn = createRoute({ getParentRoute: () => root, path: routes.signIn, component: lazily(() => import("@/pages/SignInPage"), "SignInPage") });
const forgotPassword = createRoute({ getParentRoute: () => root, path: routes.forgotPassword, component: lazily(() => import("@/pages/ForgotPasswordPage"), "ForgotPasswordPage") });
const resetPassword = createRoute({ getParentRoute: () => root, path: routes.resetPassword, component: lazily(() => import("@/pages/ResetPasswordPage"), "ResetPasswordPage") });
const invited = lazily(() => import("@/pages/InvitationPage"), "InvitationPage");
const invitation = createRoute({ getParentRoute: () => root, path: routes.invitation, component: invited });
const oldInvitation = createRoute({ getParentRoute: () => root, path: routes.oldInvitation, component: invited });
const signedIn = createRoute({ getParentRoute: () => root, id: "signed-in", component: SignedIn });
const home = createRoute({ getParentRoute: () => signedIn, path: routes.home, component: HomePage });
const ownAccount = createRoute({ getParentRoute: () => signedIn, path: routes.ownAccount, component: lazily(() => import("@/pages/OwnAccountPage"), "OwnAccountPage") });
const deletedWorkspace = createRoute({ getParentRoute: () => signedIn, path: routes.deletedWorkspace, component: lazily(() => import("@/pages/DeletedWorkspacePage"), "DeletedWorkspacePage") });
const removal = createRoute({ getParentRoute: () => signedIn, path: routes.removal, component: lazily(() => import("@/pages/RemovalPage"), "RemovalPage") });
const runbook = createRoute({ getParentRoute: () => root, path: routes.runbook, component: lazily(() => import("@/pages/RunbookPage"), "RunbookPage") });
const noEnvironment = createRoute({ getParentRoute: () => signedIn, path: routes.project, component: HomePage });
const project = createRoute({ getParentRoute: () => signedIn, path: routes.scope, component: ProjectFrame });

const pages = [
  page(routes.scope, lazily(() => import("@/pages/OverviewPage"), "OverviewPage")),
  page(routes.playground, lazily(() => import("@/pages/PlaygroundPage"), "PlaygroundPage")),
  page(routes.system, lazily(() => import("@/pages/SystemPage"), "SystemPage")),
  page(routes.erasures, lazily(() => import("@/pages/ErasuresPage"), "ErasuresPage")),
  page(routes.users, lazily(() => import("@/pages/UsersPage"), "UsersPage")),
  page(routes.user, lazily(() => import("@/pages/UserPage"), "UserPage")),
  page(routes.instance, lazily(() => import("@/pages/InstancePage"), "InstancePage")),
  page(routes.trigger, lazily(() => import("@/pages/TriggerPage"), "TriggerPage")),
  page(routes.incoming, lazily(() => import("@/pages/IncomingPage"), "IncomingPage")),
  page(routes.appAddress, lazily(() => import("@/pages/AppAddressPage"), "AppAddressPage")),
  page(routes.apps, lazily(() => import("@/pages/AppsPage"), "AppsPage")),
  page(routes.app, lazily(() => import("@/pages/AppPage"), "AppPage")),
  page(routes.appFile, lazily(() => import("@/pages/AppFilePage"), "AppFilePage")),
  page(routes.components, lazily(() => import("@/pages/ComponentsPage"), "ComponentsPage")),
  page(routes.component, lazily(() => import("@/pages/ComponentPage"), "ComponentPage")),
  page(routes.privateComponents, lazily(() => import("@/pages/PrivateComponentsPage"), "PrivateComponentsPage")),
  page(routes.privateComponent, lazily(() => import("@/pages/PrivateComponentPage"), "PrivateComponentPage")),
  page(routes.mcpServers, lazily(() => import("@/pages/MCPServersPage"), "MCPServersPage")),
  page(routes.mcpServer, lazily(() => import("@/pages/MCPServerPage"), "MCPServerPage")),
  page(routes.actionRuns, lazily(() => import("@/pages/ActionRunsPage"), "ActionRunsPage")),
  page(routes.actionRun, lazily(() => import("@/pages/ActionRunPage"), "ActionRunPage")),
  page(routes.triggers, lazily(() => import("@/pages/TriggersPage"), "TriggersPage")),
  page(routes.accounts, lazily(() => import("@/pages/AccountsPage"), "AccountsPage")),
  page(routes.account, lazily(() => import("@/pages/AccountPage"), "AccountPage")),
  page(routes.imports, lazily(() => import("@/pages/ImportsPage"), "ImportsPage")),
  page(routes.revocations, lazily(() => import("@/pages/RevocationsPage"), "RevocationsPage")),
  page(routes.workflows, lazily(() => import("@/pages/WorkflowsPage"), "WorkflowsPage")),
  page(routes.workflowNew, lazily(() => import("@/pages/WorkflowNewPage"), "WorkflowNewPage")),
  page(routes.workflow, lazily(() => import("@/pages/WorkflowPage"), "WorkflowPage")),
  page(routes.runs, lazily(() => import("@/pages/RunsPage"), "RunsPage")),
  page(routes.run, lazily(() => import("@/pages/RunPage"), "RunPage")),
  page(routes.queues, lazily(() => import("@/pages/QueuesPage"), "QueuesPage")),
  page(routes.variables, lazily(() => import("@/pages/VariablesPage"), "VariablesPage")),
  page(routes.accountAliases, lazily(() => import("@/pages/AccountAliasesPage"), "AccountAliasesPage")),
  page(routes.dataStores, lazily(() => import("@/pages/DataStoresPage"), "DataStoresPage")),
  page(routes.dataStore, lazily(() => import("@/pages/DataStorePage"), "DataStorePage")),
  page(routes.deliveries, lazily(() => import("@/pages/DeliveriesPage"), "DeliveriesPage")),
  page(routes.delivery, lazily(() => import("@/pages/DeliveryPage"), "DeliveryPage")),
  page(routes.deadLetters, lazily(() => import("@/pages/DeadLettersPage"), "DeadLettersPage")),
  page(routes.requests, lazily(() => import("@/pages/RequestsPage"), "RequestsPage")),
  page(routes.request, lazily(() => import("@/pages/RequestPage"), "RequestPage")),
  page(routes.webhook, lazily(() => import("@/pages/WebhookPage"), "WebhookPage")),
  page(routes.notifications, lazily(() => import("@/pages/NotificationsPage"), "NotificationsPage")),
  page(routes.endpoints, lazily(() => import("@/pages/EndpointsPage"), "EndpointsPage")),
  page(routes.endpoint, lazily(() => import("@/pages/EndpointPage"), "EndpointPage")),
  page(routes.eventTypes, lazily(() => import("@/pages/EventTypesPage"), "EventTypesPage")),
  page(routes.branding, lazily(() => import("@/pages/BrandingPage"), "BrandingPage")),
  page(routes.sessions, lazily(() => import("@/pages/SessionsPage"), "SessionsPage")),
  page(routes.session, lazily(() => import("@/pages/SessionPage"), "SessionPage")),
  page(routes.oauthClients, lazily(() => import("@/pages/OAuthClientsPage"), "OAuthClientsPage")),
  page(routes.appOverrides, lazily(() => import("@/pages/AppOverridesPage"), "AppOverridesPage")),
  page(routes.clients, lazily(() => import("@/pages/ClientsPage"), "ClientsPage")),
  page(routes.members, lazily(() => import("@/pages/MembersPage"), "MembersPage")),
  page(routes.audit, lazily(() => import("@/pages/AuditPage"), "AuditPage")),
  page(routes.usage, lazily(() => import("@/pages/UsagePage"), "UsagePage")),
  page(routes.singleSignOn, lazily(() => import("@/pages/SingleSignOnPage"), "SingleSignOnPage")),
  page(routes.settings, lazily(() => import("@/pages/SettingsPage"), "SettingsPage")),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, forgotPassword, resetPassword, invitation, oldInvitation, runbook, signedIn.addChildren([home, ownAccount, deletedWorkspace, removal, noEnvironment, project.addChildren(pages)])]),
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
  defaultPreload: "intent",
  trailingSlash: "never",
  // Search parameters are text, so that an id of digits stays what it is.
  parseSearch: (s) => Object.fromEntries(new URLSearchParams(s)),
  stringifySearch: (o) => {
    const kept = Object.entries(o as Record<string, unknown>).filter(([, v]) => v !== undefined && v !== "");
    const s = new URLSearchParams(kept.map(([k, v]) => [k, String(v)])).toString();
    return s && `?${s}`;
  },
});
