# Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class ActionCaller(BaseModel):
    """
    Who had it run. Null for runs of before that was kept, and for users' browsers.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    kind: Literal["client", "member", "connect_token", "mcp_client", "workflow", "system"] | str
    id: Annotated[
        str,
        Field(
            description="Of the client, member or connect token, of the user's authorization of an MCP client, or of the workflow's run."
        ),
    ]
    name: Annotated[str | None, Field(description="As an MCP client calls itself.")]
    via: Literal["api", "mcp", "workflow"] | str


class Attribution(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    origin: str
    status: Annotated[int | None, Field(description="Of the app's answer.")] = None


class ActionError(BaseModel):
    """
    Absent when it did what it was to do.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    name: str
    message: str
    attribution: Attribution


class Annotations(BaseModel):
    """
    What an action does to the world.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    read_only_hint: Annotated[bool, Field(alias="readOnlyHint")]
    destructive_hint: Annotated[bool, Field(alias="destructiveHint")]
    idempotent_hint: Annotated[bool, Field(alias="idempotentHint")]
    open_world_hint: Annotated[bool, Field(alias="openWorldHint")]
    title: str


class AppCategory(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    name: str
    description: str | None


class AppConnect(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    proxy_enabled: bool
    allowed_domains: list[str] | None
    base_proxy_target_url: str


class AuthMethod(BaseModel):
    """
    One of an app's ways to sign in.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    title: str
    auth_type: Literal["oauth", "keys", "none"] | str
    custom_fields_json: Annotated[str, Field(description="What the user is asked: a JSON array, as a string.")]
    takes_client: Annotated[bool, Field(description="It needs an OAuth client of the project.")]
    client_fields_json: Annotated[str, Field(description="What such a client holds beside its id and secret: a JSON array, as a string.")]


class ConfigurableProp(BaseModel):
    """
    One thing that is asked for. Its members depend on its type.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    name: str
    type: str


class ConnectToken(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    token: str
    expires_at: AwareDatetime
    connect_link_url: str


class ConnectUsage(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    credits_used: Annotated[int, Field(description="All together.")]
    action_run_credits_used: int
    proxy_credits_used: int
    source_emit_credits_used: Annotated[int, Field(description="By deployed triggers.")]
    usage_start_ts: Annotated[int, Field(description="The day's beginning, in seconds since 1970.")]
    usage_end_ts: Annotated[int, Field(description="Its end.")]


class DynamicProps1(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: Annotated[str, Field(description="dyp_…: name it as `dynamic_props_id` from now on.")]
    configurable_props: Annotated[list[ConfigurableProp], Field(alias="configurableProps")]


class EmittedEvent(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    e: Annotated[dict[str, Any], Field(description="The payload.")]
    k: Literal["emit"] | str
    ts: Annotated[int, Field(description="Epoch milliseconds.")]
    id: str
    sum: Annotated[str | None, Field(description="What the component says of it in a few words.")] = None
    name: Annotated[str | None, Field(description="The channel, of a component that emits on several.")] = None


class ClientCertificate(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    subject: str
    expires_at: AwareDatetime


class ExternalUser(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    external_id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime


class HealthChange(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    state: Annotated[
        Literal["healthy", "degraded", "dead"] | str,
        Field(
            description="Degraded is `healthy` and `dead` both false; it is still being tried. A dead one its user has to connect again."
        ),
    ]
    cause: Annotated[
        str | None,
        Field(
            description="Why an account is not healthy; null while it is. Of dead ones: `revoked`, `expired`, `lost_rotation`, `rejected`. Of degraded ones:\n`rejected`, `further_token`, `scope_lost`, `blocked_by_policy`, `client_config`, `provider_unreachable`, `throttled`, `malformed_answer`.\nMore may come.\n"
        ),
    ]
    error: str | None
    created_at: AwareDatetime


class LogRedaction(BaseModel):
    """
    Takes something out of the logs of requests, actions and looks before they are written. `field`: the values of fields, parameters and headers of a name, in documents and in texts. `path`: what stands at a JSON pointer, in which `*` is any name or number. `values`: what looks like one of `email`, `card_number`, `iban`, `phone`, `ipv4`. `pattern`: what a regular expression (RE2) fits.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    kind: Literal["field", "path", "values", "pattern"] | str
    match: str


class OAuthAppCheck(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    check: Literal["authorize", "secret", "previous_secret"] | str
    verdict: Literal["ok", "wrong_client", "wrong_redirect_uri", "wrong_scopes", "unknown"] | str
    status: Annotated[int | None, Field(description="Of the provider's answer; null without one.")]
    code: Annotated[str | None, Field(description="The provider's own.")]
    message: Annotated[str, Field(description="One sentence for people.")]


class OAuthAppPreviousSecret(BaseModel):
    """
    The secret that was replaced, while it is kept.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    expires_at: Annotated[AwareDatetime, Field(description="It is destroyed then.")]
    last_used_at: AwareDatetime | None


class OAuthAppSecret(BaseModel):
    """
    How old the client's secret is and whether the provider takes it. Never the secret.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    set_at: AwareDatetime
    last_used_at: Annotated[AwareDatetime | None, Field(description="When the provider last took it, to the minute.")]
    in_use: Annotated[
        str | None, Field(description="Which secret the provider took last: current or previous; null before the first time.")
    ]
    previous: OAuthAppPreviousSecret | None


class OAuthAppTest(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    redirect_uri: Annotated[str, Field(description="That was shown to the provider.")]
    checks: list[OAuthAppCheck]


class OAuthToken(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    access_token: str
    token_type: Literal["Bearer"] | str
    expires_in: Annotated[int, Field(description="Seconds.")]
    created_at: Annotated[int, Field(description="Epoch seconds.")]
    scope: str


class Err(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    name: str
    message: str


class Observation(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    k: str
    ts: Annotated[int, Field(description="Epoch milliseconds.")]
    msg: str | None = None
    err: Err | None = None


class PayloadReference(BaseModel):
    """
    Stands for a payload that is too large to lie in the database. An endpoint with an `inline_limit` is sent one, too, for what is larger, as
    `payload_reference`: in the place of the body, or of `data` in an envelope, with the header `x-patchbay-payload: reference`.

    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    url: Annotated[str, Field(description="Where the payload is, for whoever has the link. GET and HEAD, also of a range.")]
    size: Annotated[int, Field(description="Bytes.")]
    sha256: Annotated[str, Field(description="In hex.")]
    content_type: str
    expires_at: Annotated[AwareDatetime, Field(description="Until when the link is good: 24 hours.")]


class Polling(BaseModel):
    """
    How a trigger that looks for what is new is getting on.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    interval_seconds: Annotated[int, Field(description="0: at no interval.")]
    next_at: Annotated[
        AwareDatetime | None, Field(description="When it looks again, or renews what it has at the app; null: it does neither.")
    ]
    last_at: Annotated[AwareDatetime | None, Field(description="When it last looked, and could.")]
    failures: Annotated[int, Field(description="In a row.")]
    failing_since: AwareDatetime | None
    error: Annotated[str | None, Field(description="One sentence for people.")]
    paused_at: Annotated[AwareDatetime | None, Field(description="When it was switched off for failing too long; null: it was not.")] = None


class Project(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    name: str
    app_name: Annotated[str | None, Field(description="What your users see.")]
    support_email: str | None
    connect_require_key_auth_test: bool
    workflows_in_production: Annotated[bool, Field(description="Whether workflows may run for users in production.")]
    proxy_allowed_hosts: Annotated[
        list[str], Field(description="Where calls through the proxy may go, among an app's own hosts; none = to all of these.")
    ]
    proxy_log_bodies: Annotated[bool, Field(description="Whether the request log keeps bodies: short ones, redacted and encrypted.")]
    log_redactions: Annotated[list[LogRedaction], Field(description="What is taken out of logs before they are written.")]
    action_log_values: Annotated[
        bool, Field(description="Whether the log of actions keeps what went in and what came out: short, redacted and encrypted.")
    ]
    error_workflow_id: Annotated[
        str | None, Field(description="The workflow that is told of failures of those that name none; null: none is.")
    ]
    run_keep_days: Annotated[int, Field(description="How long runs that are over are kept; 0 = as the installation says.")]
    run_keep_mb: Annotated[int, Field(description="How much of runs is kept, of both environments, the newest first; 0 = any amount.")]
    event_keep_days: Annotated[
        int,
        Field(
            description="How long events, and deliveries that are over, are kept where that is less than the installation keeps them; 0 = as it does."
        ),
    ]
    log_keep_days: Annotated[int, Field(description="The same of requests through the proxy, runs of actions and connect sessions.")]
    development_users: Annotated[
        int, Field(description="How many users may have accounts in development; 0 = any number, -1 = as the installation says.")
    ]
    updated_at: AwareDatetime


class ProjectInfoApp(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: Annotated[str | None, Field(description="Null: the catalogue does not have the app any more.")]
    name_slug: str


class ProjectsUpdateLogoResponse(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )


class PropOption(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    label: str
    value: dict[str, Any] | list[Any] | str | float | bool | None


class PropOptions(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    options: list[PropOption] | None
    string_options: Annotated[
        list[str] | None, Field(alias="stringOptions", description="In the place of options whose labels are their values.")
    ]
    context: Annotated[dict[str, Any] | None, Field(description="Hand it back as `prev_context` for the next page; null on the last one.")]
    observations: list[Observation]
    errors: list[str]


class ProxyBody(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    type: Annotated[str, Field(description="Its content type.")]
    text: Annotated[str, Field(description="Redacted.")]
    omitted: Annotated[Literal["", "empty", "too_long", "not_text", "unreadable"] | str, Field(description="Why there is no text.")]


class RateLimit(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    token: str


class ReadinessCheck(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    code: str
    done: bool
    concerns: Annotated[bool, Field(description="Whether it is a question for this workflow at all.")]
    text: Annotated[str, Field(description="What to do; or why it is done.")]


class RefreshAttempt(BaseModel):
    """
    One request for another token.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    started_at: AwareDatetime
    finished_at: Annotated[AwareDatetime | None, Field(description="Null while it runs.")]
    outcome: Annotated[
        str,
        Field(
            description="`ok`; `running`; `fenced` (another token came meanwhile), `abandoned` (its worker died) or why there is none, such as `transient`,\n`ambiguous`, `reauth`, `client_config`, `throttled`. More may come.\n"
        ),
    ]
    http_status: Annotated[int | None, Field(description="Of a refusal; null without one.")]
    provider_code: Annotated[str | None, Field(description="The provider's own.")]


class RunError(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    code: str
    message: str
    step: str | None


class RunFailure(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    attempt: int
    at: AwareDatetime
    error: RunError


class RunStep(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    path: Annotated[str, Field(description="Where it stands in the tree of steps: its name, or each[3]/send.")]
    name: str
    type: str
    status: Literal["pending", "running", "waiting", "succeeded", "ended_early", "failed", "canceled", "skipped"] | str
    attempts: Annotated[int, Field(description="How often it was begun; 0 = not yet.")]
    wake_at: Annotated[AwareDatetime | None, Field(description="When a step that waits goes on.")]
    input: Annotated[
        dict[str, Any] | list[Any] | str | float | bool | None,
        Field(description="What the step was given after expressions were filled in."),
    ]
    output: Annotated[
        dict[str, Any] | list[Any] | str | float | bool | None, Field(description="What it gave back. Null with an output_reference.")
    ]
    output_reference: PayloadReference | None = None
    error: RunError | None
    account_id: Annotated[str | None, Field(description="The account that it used.")]
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    duration_ms: int | None


class ScopeProfile(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    name: str
    scopes: list[str]


class StashFile(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    stash_id: str
    external_user_id: str
    path: str
    s3_key: Annotated[str, Field(alias="s3Key", description="By which it is downloaded.")]
    get_url: Annotated[str, Field(description="Whoever has it may fetch the file, for 30 minutes.")]
    size: int
    sha256: str
    content_type: str
    created_at: AwareDatetime
    expires_at: AwareDatetime


class TriggerWebhook(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    url: str
    signing_key_set: bool
    signing_key: Annotated[str | None, Field(description="Only for an access token.")] = None


class TriggerWebhooks(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    webhook_urls: list[str]
    webhooks: list[TriggerWebhook]
    changed_at: Annotated[AwareDatetime, Field(description="When somebody changed the trigger last, its webhooks, or its workflows.")]


class TriggerWorkflows(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    workflow_ids: list[str]
    changed_at: Annotated[AwareDatetime, Field(description="When somebody changed the trigger last, its webhooks, or its workflows.")]


class UsageListResponse(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: list[ConnectUsage]


class WorkflowCanary(BaseModel):
    """
    Another version that gets a share of the runs.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    version: int
    percent: int


class WorkflowDefinition(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )


class WorkflowEndpoint(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    endpoint_id: str
    url: str
    host_url: str
    auth: Literal["none", "bearer", "oauth", "hmac"] | str
    bearer_token: Annotated[str | None, Field(description="Shown once.")] = None


class WorkflowReadiness(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    score: Annotated[int, Field(description="Of what concerns the workflow, the share that is done: 0 to 100.")]
    checks: list[ReadinessCheck]


class AccountHealth(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    state: Annotated[
        Literal["healthy", "degraded", "dead"] | str,
        Field(
            description="Degraded is `healthy` and `dead` both false; it is still being tried. A dead one its user has to connect again."
        ),
    ]
    cause: Annotated[
        str | None,
        Field(
            description="Why an account is not healthy; null while it is. Of dead ones: `revoked`, `expired`, `lost_rotation`, `rejected`. Of degraded ones:\n`rejected`, `further_token`, `scope_lost`, `blocked_by_policy`, `client_config`, `provider_unreachable`, `throttled`, `malformed_answer`.\nMore may come.\n"
        ),
    ]
    error: Annotated[str | None, Field(description="The cause as a sentence.")]
    since: AwareDatetime
    expires_at: AwareDatetime | None
    last_refreshed_at: Annotated[AwareDatetime | None, Field(description="Of the last refresh that succeeded.")]
    next_refresh_at: AwareDatetime | None
    history: list[HealthChange]
    attempts: list[RefreshAttempt]


class ActionOutcome(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    exports: Annotated[
        dict[str, Any],
        Field(
            description="`$summary` says in a sentence what was done; `$filestash_uploads` lists the files that the run left in its stash, each with `localPath`, `s3Key` and `get_url` (good for 30 minutes)."
        ),
    ]
    os: list[Observation]
    ret: Annotated[dict[str, Any] | list[Any] | str | float | bool | None, Field(description="What the action returns.")]
    stash_id: str | None
    run_id: Annotated[str | None, Field(description="By which the run is found in the log.")] = None
    error: ActionError | None = None


class Logs(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    os: Annotated[list[Observation], Field(description="The first 200.")]
    omitted: Annotated[int, Field(description="How many more there were.")]
    input: Annotated[ProxyBody | None, Field(description="What was filled in.")]
    value: Annotated[ProxyBody | None, Field(description="What the action returned.")]


class ActionRunState(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    status: Annotated[
        Literal["queued", "running", "succeeded", "failed", "canceled", "unknown"] | str,
        Field(description="`unknown`: a server stopped half-way, and nobody knows whether the app did what it was asked."),
    ]
    component_id: str
    component_version: str
    app: str | None
    account_id: str | None
    external_user_id: str
    caller: ActionCaller | None
    arguments_hash: Annotated[
        str | None,
        Field(
            description="SHA-256 in hex: the same for the same action and arguments in an environment. Null for runs of before that was kept."
        ),
    ]
    approval_id: Annotated[
        str | None, Field(description="The approval by its user, which the audit log tells of. Null = nobody was asked.")
    ]
    background: Annotated[bool, Field(description="Whether it went on without its caller.")]
    error: ActionError | None
    duration_ms: Annotated[int | None, Field(description="From its beginning to its end.")]
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    status_url: str


class App(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str | None
    name_slug: str
    name: str
    auth_type: Annotated[str | None, Field(description="keys, oauth, none or null.")]
    description: str | None
    img_src: str
    custom_fields_json: Annotated[str, Field(description="A JSON array, as a string.")]
    categories: list[str]
    featured_weight: int
    scope_profiles: list[ScopeProfile]
    connect: AppConnect
    auth_methods: Annotated[
        list[AuthMethod] | None,
        Field(description="The ways to sign in, the recommended one first. `auth_type` and `custom_fields_json` are those of the first."),
    ] = None


class AppOverride(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    name: str
    app: App
    oauth_app_id: str | None
    cfmap: dict[str, str]
    owner_id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime


class AppsRetrieveResponse(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: App


class Component(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    key: str
    name: str
    version: str
    description: str
    component_type: Literal["action", "trigger"] | str
    configurable_props: list[ConfigurableProp]
    annotations: Annotations | None
    registry: Annotated[Literal["public", "private"] | str, Field(description="public: it ships. private: it is the workspace's own.")]
    app: Annotated[str | None, Field(description="Slug; absent for what needs no app.")] = None
    scopes: Annotated[list[str] | None, Field(description="What the account has to be allowed, in the words of the app.")] = None
    sample_event: Annotated[dict[str, Any] | None, Field(description="Of a trigger: what an event may look like.")] = None
    stash: Annotated[
        Literal["optional", "required"] | str | None,
        Field(description="Of an action that works with files: whether its runs take a stash_id, or cannot do without."),
    ] = None


class ComponentBody(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: Component


class ConnectTokenValidation(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    success: bool
    error: str | None
    app: App | None
    app_override_id: str | None
    app_override_field_names: list[str]
    error_redirect_uri: str | None
    success_redirect_uri: str | None
    oauth_app_id: str | None
    oauth_app_workday_official: bool
    oauth_app_connect_base_url: str | None
    project_app_name: str | None
    project_environment: str | None
    project_id: str | None
    project_support_email: str | None
    account_id: Annotated[
        str | None, Field(description="An extension: the account that was connected with the token. Without it none was, yet.")
    ] = None


class DeployedTriggersListEventsResponse(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: list[EmittedEvent]


class DynamicProps(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    observations: list[Observation]
    errors: list[str]
    dynamic_props: Annotated[DynamicProps1 | None, Field(alias="dynamicProps")]


class Emitter(BaseModel):
    """
    A deployed trigger. Times are epoch milliseconds, but for `changed_at` and those of `polling`.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    type: Annotated[
        Literal["HttpInterface", "TimerInterface", "DeployedComponent"] | str,
        Field(
            description="HttpInterface: it has an address. TimerInterface: it emits when its time has come. DeployedComponent: it looks for what is new, or the app calls it."
        ),
    ]
    key: Annotated[str | None, Field(description="Of an HttpInterface.")] = None
    owner_id: str
    external_user_id: Annotated[str, Field(description="Your own id of the user.")]
    endpoint_url: Annotated[str | None, Field(description="Of an HttpInterface.")] = None
    email_address: Annotated[str | None, Field(description="Of email-new-email: each message that is sent here is an event.")] = None
    custom_response: Annotated[bool | None, Field(description="Of an HttpInterface.")] = None
    interval_seconds: Annotated[int | None, Field(description="Of a TimerInterface, or else cron.")] = None
    cron: Annotated[str | None, Field(description="Of a TimerInterface.")] = None
    timezone: Annotated[str | None, Field(description="Of a TimerInterface.")] = None
    schedule_changed_at: Annotated[int | None, Field(description="Of a TimerInterface.")] = None
    component_id: Annotated[str | None, Field(description="Of a DeployedComponent.")] = None
    component_key: str
    component_version: Annotated[str | None, Field(description="Of a DeployedComponent.")] = None
    configurable_props: Annotated[list[ConfigurableProp] | None, Field(description="Of a DeployedComponent.")] = None
    configured_props: dict[str, Any]
    active: bool
    name: str
    name_slug: str
    emit_on_deploy: bool
    created_at: int
    updated_at: int
    changed_at: Annotated[
        AwareDatetime,
        Field(
            description="When somebody changed it last, its webhooks, or its workflows. What the server does by itself, such as looking for what is new, moves `updated_at` at most."
        ),
    ]
    webhook_signing_key: Annotated[str | None, Field(description="Once, in the answer to deploy, to an access token.")] = None
    polling: Polling | None = None


class EmitterBody(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: Emitter


class Endpoint(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    level: Literal["project", "trigger"] | str
    main: Annotated[bool, Field(description="It is the webhook that `PUT /v1/connect/{project_id}/webhook` sets.")]
    subject_id: Annotated[str, Field(description="The trigger whose endpoint it is; empty for one of the environment.")]
    url: str
    description: str
    event_types: list[str]
    payload: Annotated[
        Literal["raw", "envelope"] | str,
        Field(
            description="raw, the default: the body of the event as it is. envelope: `type`, `id`, `timestamp`, `environment`, `subject_id` and `external_user_id`,\nand the body as `data`.\n"
        ),
    ]
    inline_limit: Annotated[
        int,
        Field(
            description="Bytes. What has a larger payload is sent a reference to it instead, a link that is good for 24 hours: see PayloadReference. 0, the default: every\npayload is sent itself.\n"
        ),
    ]
    signatures: list[Literal["x-pd-signature", "standard-webhooks"] | str]
    timeout_ms: int
    retry_waits: Annotated[list[int], Field(description="Empty for the installation's.")]
    retries: Annotated[bool, Field(description="false: a delivery is tried once.")]
    rate_per_second: float
    burst: int
    concurrency: int
    ordering: Annotated[
        Literal["none", "user", "subject", "field"] | str,
        Field(
            description="Whether deliveries arrive in the order of their events: those of a user, those about an account or trigger, or those with the same\nvalue at `ordering_path`. One is under way at a time then, of each user, subject or value. The default is none.\n"
        ),
    ]
    ordering_path: Annotated[
        str,
        Field(
            description="With the ordering `field`: a JSON pointer (RFC 6901) into the body of events, such as `/body/customer/id`. It leads to a text, a number,\ntrue or false; a body that has none there is delivered in no order. Empty with any other ordering.\n"
        ),
    ]
    on_exhausted: Annotated[
        Literal["block", "skip"] | str,
        Field(
            description="With an ordering: whether those behind a delivery that was given up wait until it is sent or discarded by hand (block, the default), or go on.\n"
        ),
    ]
    headers: Annotated[list[str], Field(description="The names of the headers that are sent along.")]
    client_certificate: ClientCertificate | None
    status: Annotated[
        Literal["active", "paused", "disabled"] | str,
        Field(
            description="paused: the receiver failed five times in a row, or half of the last twenty times, or asked for a pause; nothing is sent but one delivery now and\nthen, and when that arrives all follow. disabled: deliveries wait until the URL is set again.\n"
        ),
    ]
    breaker: Annotated[
        Literal["closed", "open", "half_open"] | str, Field(description="half_open: one delivery is to find out how the receiver is.")
    ]
    paused_until: Annotated[AwareDatetime | None, Field(description="While paused: when one delivery tries again.")]
    failing_since: Annotated[AwareDatetime | None, Field(description="Null when the last send succeeded.")]
    failures: Annotated[int, Field(description="Since then.")]
    last_success_at: AwareDatetime | None
    disabled_at: AwareDatetime | None
    disabled_reason: Literal["gone", "failing", "manual"] | str | None
    waiting: Annotated[int | None, Field(description="Deliveries that are still to be sent, counted up to 10001; not in a list.")] = None
    signing_key: Annotated[str | None, Field(description="When it is made, and never again: 64 hex characters; the key is this text.")] = (
        None
    )
    standard_secret: Annotated[str | None, Field(description="The same key as the libraries of Standard Webhooks take it.")] = None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class OAuthApp(BaseModel):
    """
    An OAuth client of the project, with what it is a client of.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    client_id: str
    auth: Annotated[str, Field(description="Id of the app's way to sign in that it is for.")]
    fields: Annotated[list[str], Field(description="Names of the further fields that are set. Their values are never shown.")]
    scopes: Annotated[list[str], Field(description="What is asked for; empty means the app's default.")]
    additional_scopes: list[str]
    secret: OAuthAppSecret
    suspended_at: Annotated[
        AwareDatetime | None,
        Field(
            description="Since when the provider does not accept the client, so that the refreshes of its accounts wait; null while it does."
        ),
    ]
    suspended_code: Annotated[str | None, Field(description="The provider's own word for it.")]
    redirect_uri: Annotated[str, Field(description="To register with the provider.")]
    setup: Annotated[str, Field(description="How to register with the provider, in Markdown.")]
    owner_id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    name_slug: str
    name: str
    auth_type: str | None
    description: str | None
    img_src: str
    custom_fields_json: str
    categories: list[str]
    featured_weight: int
    scope_profiles: list[ScopeProfile]


class ProjectInfo(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    apps: list[ProjectInfoApp]


class Run(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    workflow_id: str
    workflow_name: str
    version: int
    trigger: Annotated[str, Field(description="The name of the trigger that fired; empty: the API.")]
    status: Annotated[
        Literal["queued", "running", "waiting", "retrying", "succeeded", "ended_early", "failed", "canceled", "dead_lettered"] | str,
        Field(
            description="waiting: for a time, or for somebody. ended_early: a step such as a filter stopped it. dead_lettered: it failed, and is not tried again by itself."
        ),
    ]
    attempts: Annotated[int, Field(description="How often it went on from a step that had failed, and once.")]
    parent_id: Annotated[str | None, Field(description="The run whose step called it.")]
    replay_of: Annotated[str | None, Field(description="The first run with the event that it took again.")]
    failure_of: Annotated[str | None, Field(description="The run of whose failure it was told, of an error workflow.")]
    retry_at: Annotated[AwareDatetime | None, Field(description="When it goes on, of one that is retrying.")]
    test: Annotated[bool, Field(description="Of a draft, by its maker.")]
    store: Annotated[Literal["all", "errors", "none"] | str, Field(description="What is kept of its payloads when it is over.")]
    trace_id: Annotated[
        str, Field(description="The trace (W3C, OpenTelemetry) that the run, its steps and the runs that they call belong to.")
    ]
    external_user_id: str | None
    error: RunError | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None


class RunDetail(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    run: Run
    failures: Annotated[list[RunFailure], Field(description="What was wrong at its attempts, the oldest first; the newest 50.")]
    input: Annotated[dict[str, Any] | None, Field(description="The triggering event; null: it is not kept.")]
    steps: list[RunStep]


class Webhook(BaseModel):
    """
    Times are epoch seconds, but for `changed_at`.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    url: str
    signing_key_set: bool
    signing_key: Annotated[str | None, Field(description="64 hex characters; the key is this text.")] = None
    standard_secret: Annotated[str | None, Field(description="The same key as the libraries of Standard Webhooks take it.")] = None
    status: Annotated[
        Literal["active", "paused", "disabled"] | str | None,
        Field(
            description="paused: the receiver failed five times in a row, or half of the last twenty times, or asked for a pause; nothing is sent but one delivery now and\nthen, and when that arrives all follow. disabled: deliveries wait until the URL is set again.\n"
        ),
    ] = None
    paused_until: Annotated[int | None, Field(description="While paused: when one delivery tries again.")] = None
    failing_since: Annotated[int | None, Field(description="Absent when the last send succeeded.")] = None
    last_success_at: int | None = None
    disabled_reason: Annotated[
        Literal["gone", "failing", "manual"] | str | None,
        Field(description="gone: the receiver answered 410; failing: nothing arrived for five days; manual: a person did it."),
    ] = None
    created_at: int
    updated_at: int
    changed_at: Annotated[AwareDatetime, Field(description="The same as `updated_at`, to the microsecond: what `unchanged_since` is.")]


class WebhookWithSigningKey(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: Webhook


class Workflow(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    name: str
    active: bool
    version: Annotated[int, Field(description="The running version; 0 = never deployed.")]
    key: Annotated[str | None, Field(description="Of the definition.")] = None
    canary: WorkflowCanary | None = None
    draft: WorkflowDefinition
    draft_differs: Annotated[bool, Field(description="Whether the draft is not the running version.")]
    readiness: WorkflowReadiness | None = None
    endpoint: WorkflowEndpoint
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Account(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    id: str
    name: str | None
    external_id: str
    healthy: bool
    dead: bool | None
    app: App
    created_at: AwareDatetime
    updated_at: AwareDatetime
    authorized_scopes: Annotated[
        list[str], Field(description="As the provider granted them; where it does not tell, as they were asked for.")
    ]
    missing_scopes: Annotated[list[str], Field(description="That the user was asked for and did not grant.")]
    credentials: dict[str, Any] | None = None
    expires_at: AwareDatetime | None
    cause: Annotated[
        str | None,
        Field(
            description="Why an account is not healthy; null while it is. Of dead ones: `revoked`, `expired`, `lost_rotation`, `rejected`. Of degraded ones:\n`rejected`, `further_token`, `scope_lost`, `blocked_by_policy`, `client_config`, `provider_unreachable`, `throttled`, `malformed_answer`.\nMore may come.\n"
        ),
    ]
    error: Annotated[str | None, Field(description="The cause as a sentence.")]
    health_since: Annotated[AwareDatetime, Field(description="When it became healthy, degraded or dead.")]
    last_refreshed_at: AwareDatetime | None
    next_refresh_at: AwareDatetime | None


class ActionRunDetail(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    run: ActionRunState
    outcome: ActionOutcome | None
    logs: Logs | None


class ProjectEnvironmentRetrieveWebhookResponse(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: Webhook | None


class ProjectEnvironmentUpdateWebhookResponse(BaseModel):
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )
    data: Webhook
