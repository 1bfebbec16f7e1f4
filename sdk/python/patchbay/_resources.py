# Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.
from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from . import models
from ._sync import Caller
from ._core import OMIT, Omit, RequestOptions, Route
from ._page import Page


class OauthTokens:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def create(
        self, *, client_id: str, client_secret: str, scope: str | None | Omit = OMIT, options: RequestOptions | None = None
    ) -> models.OAuthToken:
        """Exchange a client id and secret for an access token."""
        return self._call.json(
            models.OAuthToken,
            Route("POST", "/v1/oauth/token", nullable=["scope"], fixed={"grant_type": "client_credentials"}, open=True, repeatable=True),
            {"client_id": client_id, "client_secret": client_secret, "scope": scope},
            options,
        )


class Tokens:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def create(
        self,
        *,
        external_user_id: str,
        allowed_origins: Sequence[str] | None | Omit = OMIT,
        success_redirect_uri: str | None | Omit = OMIT,
        error_redirect_uri: str | None | Omit = OMIT,
        webhook_uri: str | None | Omit = OMIT,
        expires_in: int | None | Omit = OMIT,
        scope: str | None | Omit = OMIT,
        allow_progressive_scopes: bool | None | Omit = OMIT,
        allow_identity_change: bool | None | Omit = OMIT,
        app_id: str | None | Omit = OMIT,
        oauth_app_id: str | None | Omit = OMIT,
        app_override_id: str | None | Omit = OMIT,
        locale: str | None | Omit = OMIT,
        tool_profile: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.ConnectToken:
        """Create a connect token for a user."""
        return self._call.json(
            models.ConnectToken,
            Route(
                "POST",
                "/v1/connect/{project_id}/tokens",
                nullable=[
                    "allowed_origins",
                    "success_redirect_uri",
                    "error_redirect_uri",
                    "webhook_uri",
                    "expires_in",
                    "scope",
                    "allow_progressive_scopes",
                    "allow_identity_change",
                    "app_id",
                    "oauth_app_id",
                    "app_override_id",
                    "locale",
                    "tool_profile",
                ],
                repeatable=True,
            ),
            {
                "external_user_id": external_user_id,
                "allowed_origins": allowed_origins,
                "success_redirect_uri": success_redirect_uri,
                "error_redirect_uri": error_redirect_uri,
                "webhook_uri": webhook_uri,
                "expires_in": expires_in,
                "scope": scope,
                "allow_progressive_scopes": allow_progressive_scopes,
                "allow_identity_change": allow_identity_change,
                "app_id": app_id,
                "oauth_app_id": oauth_app_id,
                "app_override_id": app_override_id,
                "locale": locale,
                "tool_profile": tool_profile,
            },
            options,
        )

    def validate(
        self,
        ctok: str,
        *,
        app_id: str | None = None,
        account_id: str | None = None,
        oauth_app_id: str | None = None,
        app_override_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> models.ConnectTokenValidation:
        """Say whether a connect token may still connect an account."""
        return self._call.json(
            models.ConnectTokenValidation,
            Route("GET", "/v1/connect/tokens/{ctok}/validate", at={"ctok": ctok}, open=True),
            {"app_id": app_id, "account_id": account_id, "oauth_app_id": oauth_app_id, "app_override_id": app_override_id},
            options,
        )


class Accounts:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        external_user_id: str | None = None,
        oauth_app_id: str | None = None,
        app: str | None = None,
        state: Literal["healthy", "degraded", "dead"] | None = None,
        include_credentials: bool | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Account]:
        """List accounts."""
        return self._call.page(
            models.Account,
            Route("GET", "/v1/connect/{project_id}/accounts"),
            {
                "external_user_id": external_user_id,
                "oauth_app_id": oauth_app_id,
                "app": app,
                "state": state,
                "include_credentials": include_credentials,
                "after": after,
                "before": before,
                "limit": limit,
            },
            options,
        )

    def create(
        self,
        *,
        app_slug: str,
        cfmap_json: str,
        connect_token: str,
        external_user_id: str | None = None,
        oauth_app_id: str | None = None,
        name: str | None | Omit = OMIT,
        auth: str | None | Omit = OMIT,
        account_id: str | None | Omit = OMIT,
        app_override_id: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.Account:
        """Connect an account with keys."""
        return self._call.json(
            models.Account,
            Route(
                "POST",
                "/v1/connect/{project_id}/accounts",
                query=["external_user_id", "oauth_app_id"],
                nullable=["name", "auth", "account_id", "app_override_id"],
                connect_token=connect_token,
            ),
            {
                "app_slug": app_slug,
                "cfmap_json": cfmap_json,
                "connect_token": connect_token,
                "external_user_id": external_user_id,
                "oauth_app_id": oauth_app_id,
                "name": name,
                "auth": auth,
                "account_id": account_id,
                "app_override_id": app_override_id,
            },
            options,
        )

    def retrieve(
        self, account_id: str, *, include_credentials: bool | None = None, options: RequestOptions | None = None
    ) -> models.Account:
        """Get an account."""
        return self._call.json(
            models.Account,
            Route("GET", "/v1/connect/{project_id}/accounts/{account_id}", at={"account_id": account_id}),
            {"include_credentials": include_credentials},
            options,
        )

    def delete(self, account_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete an account."""
        self._call.nothing(Route("DELETE", "/v1/connect/{project_id}/accounts/{account_id}", at={"account_id": account_id}), {}, options)

    def delete_by_app(self, app_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete every account of an app."""
        self._call.nothing(Route("DELETE", "/v1/connect/{project_id}/apps/{app_id}/accounts", at={"app_id": app_id}), {}, options)

    def list_by_external_user(
        self,
        external_user_id: str,
        *,
        app: str | None = None,
        include_credentials: bool | None = None,
        options: RequestOptions | None = None,
    ) -> builtins.list[models.Account]:
        """List the accounts of a user."""
        return self._call.json(
            builtins.list[models.Account],
            Route("GET", "/v1/connect/{project_id}/users/{external_user_id}/accounts", at={"external_user_id": external_user_id}),
            {"app": app, "include_credentials": include_credentials},
            options,
        )

    def check(self, account_id: str, *, options: RequestOptions | None = None) -> models.Account:
        """Try an account now."""
        return self._call.json(
            models.Account,
            Route("POST", "/v1/connect/{project_id}/accounts/{account_id}/check", at={"account_id": account_id}, repeatable=True),
            {},
            options,
        )

    def retrieve_health(self, account_id: str, *, options: RequestOptions | None = None) -> models.AccountHealth:
        """Say how an account is, how that changed, and how its last refreshes went."""
        return self._call.json(
            models.AccountHealth,
            Route("GET", "/v1/connect/{project_id}/accounts/{account_id}/health", at={"account_id": account_id}),
            {},
            options,
        )


class Users:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        q: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.ExternalUser]:
        """List users."""
        return self._call.page(
            models.ExternalUser,
            Route("GET", "/v1/connect/{project_id}/users"),
            {"q": q, "after": after, "before": before, "limit": limit},
            options,
        )

    def delete_external_user(self, external_user_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete a user with their accounts and triggers."""
        self._call.nothing(
            Route("DELETE", "/v1/connect/{project_id}/users/{external_user_id}", at={"external_user_id": external_user_id}), {}, options
        )


class Apps:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        q: str | None = None,
        sort_key: Literal["name", "name_slug", "featured_weight"] | None = None,
        sort_direction: Literal["asc", "desc"] | None = None,
        category_ids: Sequence[str] | None = None,
        has_components: bool | None = None,
        has_actions: bool | None = None,
        has_triggers: bool | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.App]:
        """List apps."""
        return self._call.page(
            models.App,
            Route("GET", "/v1/connect/apps"),
            {
                "q": q,
                "sort_key": sort_key,
                "sort_direction": sort_direction,
                "category_ids": category_ids,
                "has_components": has_components,
                "has_actions": has_actions,
                "has_triggers": has_triggers,
                "after": after,
                "before": before,
                "limit": limit,
            },
            options,
        )

    def retrieve(self, app_id: str, *, options: RequestOptions | None = None) -> models.AppsRetrieveResponse:
        """Get an app."""
        return self._call.json(models.AppsRetrieveResponse, Route("GET", "/v1/connect/apps/{app_id}", at={"app_id": app_id}), {}, options)


class AppCategories:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(self, *, options: RequestOptions | None = None) -> builtins.list[models.AppCategory]:
        """List the categories that have apps."""
        return self._call.json(builtins.list[models.AppCategory], Route("GET", "/v1/connect/app_categories"), {}, options)

    def retrieve(self, category_id: str, *, options: RequestOptions | None = None) -> models.AppCategory:
        """Get a category."""
        return self._call.json(
            models.AppCategory, Route("GET", "/v1/connect/app_categories/{category_id}", at={"category_id": category_id}), {}, options
        )


class OauthApps:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        app: str | None = None,
        q: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.OAuthApp]:
        """List the OAuth clients that the project has with providers."""
        return self._call.page(
            models.OAuthApp,
            Route("GET", "/v1/connect/{project_id}/oauth_apps"),
            {"app": app, "q": q, "after": after, "before": before, "limit": limit},
            options,
        )

    def create(
        self,
        *,
        app: str,
        auth: str | None | Omit = OMIT,
        client_id: str | None = None,
        client_secret: str | None = None,
        fields: Mapping[str, Any] | None = None,
        name: str | None | Omit = OMIT,
        description: str | None | Omit = OMIT,
        scopes: Sequence[str] | None | Omit = OMIT,
        additional_scopes: Sequence[str] | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.OAuthApp:
        """Keep an OAuth client that you registered with a provider."""
        return self._call.json(
            models.OAuthApp,
            Route("POST", "/v1/connect/{project_id}/oauth_apps", nullable=["auth", "name", "description", "scopes", "additional_scopes"]),
            {
                "app": app,
                "auth": auth,
                "client_id": client_id,
                "client_secret": client_secret,
                "fields": fields,
                "name": name,
                "description": description,
                "scopes": scopes,
                "additional_scopes": additional_scopes,
            },
            options,
        )

    def retrieve(self, oauth_app_id: str, *, options: RequestOptions | None = None) -> models.OAuthApp:
        """Get an OAuth client."""
        return self._call.json(
            models.OAuthApp,
            Route("GET", "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at={"oauth_app_id": oauth_app_id}),
            {},
            options,
        )

    def update(
        self,
        oauth_app_id: str,
        *,
        unchanged_since: datetime | str | None = None,
        client_id: str | None | Omit = OMIT,
        client_secret: str | None | Omit = OMIT,
        fields: Mapping[str, Any] | None = None,
        previous_secret_expires_in: int | None | Omit = OMIT,
        name: str | None | Omit = OMIT,
        description: str | None | Omit = OMIT,
        scopes: Sequence[str] | None | Omit = OMIT,
        additional_scopes: Sequence[str] | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.OAuthApp:
        """Change an OAuth client."""
        return self._call.json(
            models.OAuthApp,
            Route(
                "PUT",
                "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}",
                at={"oauth_app_id": oauth_app_id},
                query=["unchanged_since"],
                nullable=["client_id", "client_secret", "previous_secret_expires_in", "name", "description", "scopes", "additional_scopes"],
            ),
            {
                "unchanged_since": unchanged_since,
                "client_id": client_id,
                "client_secret": client_secret,
                "fields": fields,
                "previous_secret_expires_in": previous_secret_expires_in,
                "name": name,
                "description": description,
                "scopes": scopes,
                "additional_scopes": additional_scopes,
            },
            options,
        )

    def delete(self, oauth_app_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete an OAuth client."""
        self._call.nothing(
            Route("DELETE", "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at={"oauth_app_id": oauth_app_id}), {}, options
        )

    def test(
        self, oauth_app_id: str, *, fields: Mapping[str, Any] | None | Omit = OMIT, options: RequestOptions | None = None
    ) -> models.OAuthAppTest:
        """Ask the provider whether it takes an OAuth client."""
        return self._call.json(
            models.OAuthAppTest,
            Route(
                "POST",
                "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}/test",
                at={"oauth_app_id": oauth_app_id},
                nullable=["fields"],
                repeatable=True,
            ),
            {"fields": fields},
            options,
        )


class AppOverrides:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        app: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.AppOverride]:
        """List what the project sets for apps before users are asked."""
        return self._call.page(
            models.AppOverride,
            Route("GET", "/v1/connect/{project_id}/app_overrides"),
            {"app": app, "after": after, "before": before, "limit": limit},
            options,
        )

    def create(
        self,
        *,
        app: str,
        name: str,
        oauth_app_id: str | None | Omit = OMIT,
        cfmap: Mapping[str, Any] | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.AppOverride:
        """Set fields and the OAuth client of an app."""
        return self._call.json(
            models.AppOverride,
            Route("POST", "/v1/connect/{project_id}/app_overrides", nullable=["oauth_app_id", "cfmap"]),
            {"app": app, "name": name, "oauth_app_id": oauth_app_id, "cfmap": cfmap},
            options,
        )

    def retrieve(self, app_override_id: str, *, options: RequestOptions | None = None) -> models.AppOverride:
        """Get an app override."""
        return self._call.json(
            models.AppOverride,
            Route("GET", "/v1/connect/{project_id}/app_overrides/{app_override_id}", at={"app_override_id": app_override_id}),
            {},
            options,
        )

    def update(
        self,
        app_override_id: str,
        *,
        unchanged_since: datetime | str | None = None,
        name: str | None | Omit = OMIT,
        oauth_app_id: str | None | Omit = OMIT,
        cfmap: Mapping[str, Any] | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.AppOverride:
        """Change an app override."""
        return self._call.json(
            models.AppOverride,
            Route(
                "PUT",
                "/v1/connect/{project_id}/app_overrides/{app_override_id}",
                at={"app_override_id": app_override_id},
                query=["unchanged_since"],
                nullable=["name", "oauth_app_id", "cfmap"],
            ),
            {"unchanged_since": unchanged_since, "name": name, "oauth_app_id": oauth_app_id, "cfmap": cfmap},
            options,
        )

    def delete(self, app_override_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete an app override."""
        self._call.nothing(
            Route("DELETE", "/v1/connect/{project_id}/app_overrides/{app_override_id}", at={"app_override_id": app_override_id}),
            {},
            options,
        )


class Components:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        component_type: Literal["action", "trigger"] | None = None,
        q: str | None = None,
        app: str | None = None,
        registry: Literal["public", "private", "all"] | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Component]:
        """List actions and triggers."""
        return self._call.page(
            models.Component,
            Route("GET", "/v1/connect/{project_id}/components"),
            {"component_type": component_type, "q": q, "app": app, "registry": registry, "after": after, "before": before, "limit": limit},
            options,
        )

    def retrieve(self, component_id: str, *, version: str | None = None, options: RequestOptions | None = None) -> models.ComponentBody:
        """Get an action or a trigger."""
        return self._call.json(
            models.ComponentBody,
            Route("GET", "/v1/connect/{project_id}/components/{component_id}", at={"component_id": component_id}),
            {"version": version},
            options,
        )

    def configure_prop(
        self,
        *,
        id: str,
        external_user_id: str,
        prop_name: str,
        version: str | None | Omit = OMIT,
        blocking: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        page: float | None | Omit = OMIT,
        prev_context: Mapping[str, Any] | None | Omit = OMIT,
        query: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.PropOptions:
        """Ask what can be chosen for a prop."""
        return self._call.json(
            models.PropOptions,
            Route(
                "POST",
                "/v1/connect/{project_id}/components/configure",
                nullable=["version", "blocking", "configured_props", "dynamic_props_id", "page", "prev_context", "query"],
                repeatable=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "prop_name": prop_name,
                "version": version,
                "blocking": blocking,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
                "page": page,
                "prev_context": prev_context,
                "query": query,
            },
            options,
        )

    def reload_props(
        self,
        *,
        id: str,
        external_user_id: str,
        version: str | None | Omit = OMIT,
        blocking: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.DynamicProps:
        """Ask for the props that depend on what is filled in."""
        return self._call.json(
            models.DynamicProps,
            Route(
                "POST",
                "/v1/connect/{project_id}/components/props",
                nullable=["version", "blocking", "configured_props", "dynamic_props_id"],
                repeatable=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "version": version,
                "blocking": blocking,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
            },
            options,
        )


class Actions:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        q: str | None = None,
        app: str | None = None,
        registry: Literal["public", "private", "all"] | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Component]:
        """List actions."""
        return self._call.page(
            models.Component,
            Route("GET", "/v1/connect/{project_id}/actions"),
            {"q": q, "app": app, "registry": registry, "after": after, "before": before, "limit": limit},
            options,
        )

    def retrieve(self, component_id: str, *, version: str | None = None, options: RequestOptions | None = None) -> models.ComponentBody:
        """Get an action."""
        return self._call.json(
            models.ComponentBody,
            Route("GET", "/v1/connect/{project_id}/actions/{component_id}", at={"component_id": component_id}),
            {"version": version},
            options,
        )

    def configure_prop(
        self,
        *,
        id: str,
        external_user_id: str,
        prop_name: str,
        version: str | None | Omit = OMIT,
        blocking: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        page: float | None | Omit = OMIT,
        prev_context: Mapping[str, Any] | None | Omit = OMIT,
        query: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.PropOptions:
        """Ask what can be chosen for a prop."""
        return self._call.json(
            models.PropOptions,
            Route(
                "POST",
                "/v1/connect/{project_id}/actions/configure",
                nullable=["version", "blocking", "configured_props", "dynamic_props_id", "page", "prev_context", "query"],
                repeatable=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "prop_name": prop_name,
                "version": version,
                "blocking": blocking,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
                "page": page,
                "prev_context": prev_context,
                "query": query,
            },
            options,
        )

    def reload_props(
        self,
        *,
        id: str,
        external_user_id: str,
        version: str | None | Omit = OMIT,
        blocking: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.DynamicProps:
        """Ask for the props that depend on what is filled in."""
        return self._call.json(
            models.DynamicProps,
            Route(
                "POST",
                "/v1/connect/{project_id}/actions/props",
                nullable=["version", "blocking", "configured_props", "dynamic_props_id"],
                repeatable=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "version": version,
                "blocking": blocking,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
            },
            options,
        )

    def run(
        self,
        *,
        id: str,
        external_user_id: str,
        version: str | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        stash_id: str | bool | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.ActionOutcome:
        """Run an action for a user."""
        return self._call.json(
            models.ActionOutcome,
            Route(
                "POST",
                "/v1/connect/{project_id}/actions/run",
                nullable=["version", "configured_props", "dynamic_props_id", "stash_id"],
                idempotent=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "version": version,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
                "stash_id": stash_id,
            },
            options,
        )


class ActionRuns:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        status: Literal["queued", "running", "succeeded", "failed", "canceled", "unknown"] | None = None,
        component_id: str | None = None,
        app: str | None = None,
        account_id: str | None = None,
        external_user_id: str | None = None,
        caller_kind: Literal["client", "member", "connect_token", "mcp_client", "workflow", "system"] | None = None,
        caller_id: str | None = None,
        via: Literal["api", "mcp", "workflow"] | None = None,
        from_: datetime | str | None = None,
        to: datetime | str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.ActionRunState]:
        """List runs of actions, newest first."""
        return self._call.page(
            models.ActionRunState,
            Route("GET", "/v1/connect/{project_id}/action_runs"),
            {
                "status": status,
                "component_id": component_id,
                "app": app,
                "account_id": account_id,
                "external_user_id": external_user_id,
                "caller_kind": caller_kind,
                "caller_id": caller_id,
                "via": via,
                "from": from_,
                "to": to,
                "after": after,
                "before": before,
                "limit": limit,
            },
            options,
        )

    def retrieve(self, action_run_id: str, *, options: RequestOptions | None = None) -> models.ActionRunDetail:
        """Get a run of an action."""
        return self._call.json(
            models.ActionRunDetail,
            Route("GET", "/v1/connect/{project_id}/action_runs/{action_run_id}", at={"action_run_id": action_run_id}),
            {},
            options,
        )

    def cancel(self, action_run_id: str, *, options: RequestOptions | None = None) -> models.ActionRunState:
        """Stop a run of an action."""
        return self._call.json(
            models.ActionRunState,
            Route(
                "POST", "/v1/connect/{project_id}/action_runs/{action_run_id}/cancel", at={"action_run_id": action_run_id}, repeatable=True
            ),
            {},
            options,
        )


class Triggers:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        q: str | None = None,
        app: str | None = None,
        registry: Literal["public", "private", "all"] | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Component]:
        """List triggers that can be deployed."""
        return self._call.page(
            models.Component,
            Route("GET", "/v1/connect/{project_id}/triggers"),
            {"q": q, "app": app, "registry": registry, "after": after, "before": before, "limit": limit},
            options,
        )

    def retrieve(self, component_id: str, *, version: str | None = None, options: RequestOptions | None = None) -> models.ComponentBody:
        """Get a trigger that can be deployed."""
        return self._call.json(
            models.ComponentBody,
            Route("GET", "/v1/connect/{project_id}/triggers/{component_id}", at={"component_id": component_id}),
            {"version": version},
            options,
        )

    def configure_prop(
        self,
        *,
        id: str,
        external_user_id: str,
        prop_name: str,
        version: str | None | Omit = OMIT,
        blocking: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        page: float | None | Omit = OMIT,
        prev_context: Mapping[str, Any] | None | Omit = OMIT,
        query: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.PropOptions:
        """Ask what can be chosen for a prop."""
        return self._call.json(
            models.PropOptions,
            Route(
                "POST",
                "/v1/connect/{project_id}/triggers/configure",
                nullable=["version", "blocking", "configured_props", "dynamic_props_id", "page", "prev_context", "query"],
                repeatable=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "prop_name": prop_name,
                "version": version,
                "blocking": blocking,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
                "page": page,
                "prev_context": prev_context,
                "query": query,
            },
            options,
        )

    def reload_props(
        self,
        *,
        id: str,
        external_user_id: str,
        version: str | None | Omit = OMIT,
        blocking: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.DynamicProps:
        """Ask for the props that depend on what is filled in."""
        return self._call.json(
            models.DynamicProps,
            Route(
                "POST",
                "/v1/connect/{project_id}/triggers/props",
                nullable=["version", "blocking", "configured_props", "dynamic_props_id"],
                repeatable=True,
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "version": version,
                "blocking": blocking,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
            },
            options,
        )

    def deploy(
        self,
        *,
        id: str,
        external_user_id: str,
        version: str | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        workflow_id: str | None | Omit = OMIT,
        webhook_url: str | None | Omit = OMIT,
        emit_on_deploy: bool | None | Omit = OMIT,
        intake: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> models.EmitterBody:
        """Deploy a trigger for a user."""
        return self._call.json(
            models.EmitterBody,
            Route(
                "POST",
                "/v1/connect/{project_id}/triggers/deploy",
                nullable=["version", "configured_props", "dynamic_props_id", "workflow_id", "webhook_url", "emit_on_deploy"],
            ),
            {
                "id": id,
                "external_user_id": external_user_id,
                "version": version,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
                "workflow_id": workflow_id,
                "webhook_url": webhook_url,
                "emit_on_deploy": emit_on_deploy,
                "intake": intake,
            },
            options,
        )


class DeployedTriggers:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        external_user_id: str | None = None,
        emitter_type: Literal["all", "email", "http", "source", "timer"] | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Emitter]:
        """List deployed triggers, newest first."""
        return self._call.page(
            models.Emitter,
            Route("GET", "/v1/connect/{project_id}/deployed-triggers"),
            {"external_user_id": external_user_id, "emitter_type": emitter_type, "after": after, "before": before, "limit": limit},
            options,
        )

    def retrieve(self, trigger_id: str, *, external_user_id: str, options: RequestOptions | None = None) -> models.EmitterBody:
        """Get a deployed trigger."""
        return self._call.json(
            models.EmitterBody,
            Route("GET", "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at={"trigger_id": trigger_id}),
            {"external_user_id": external_user_id},
            options,
        )

    def update(
        self,
        trigger_id: str,
        *,
        external_user_id: str,
        unchanged_since: datetime | str | None = None,
        active: bool | None | Omit = OMIT,
        configured_props: Mapping[str, Any] | None | Omit = OMIT,
        dynamic_props_id: str | None | Omit = OMIT,
        version: str | None | Omit = OMIT,
        name: str | None | Omit = OMIT,
        emit_on_deploy: bool | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.EmitterBody:
        """Switch a deployed trigger on or off, rename it, fill its props in anew, or move it to another version."""
        return self._call.json(
            models.EmitterBody,
            Route(
                "PUT",
                "/v1/connect/{project_id}/deployed-triggers/{trigger_id}",
                at={"trigger_id": trigger_id},
                query=["external_user_id", "unchanged_since"],
                nullable=["active", "configured_props", "dynamic_props_id", "version", "name", "emit_on_deploy"],
            ),
            {
                "external_user_id": external_user_id,
                "unchanged_since": unchanged_since,
                "active": active,
                "configured_props": configured_props,
                "dynamic_props_id": dynamic_props_id,
                "version": version,
                "name": name,
                "emit_on_deploy": emit_on_deploy,
            },
            options,
        )

    def delete(
        self, trigger_id: str, *, external_user_id: str, ignore_hook_errors: bool | None = None, options: RequestOptions | None = None
    ) -> None:
        """Delete a deployed trigger."""
        self._call.nothing(
            Route("DELETE", "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at={"trigger_id": trigger_id}),
            {"external_user_id": external_user_id, "ignore_hook_errors": ignore_hook_errors},
            options,
        )

    def list_events(
        self, trigger_id: str, *, external_user_id: str, n: int | None = None, options: RequestOptions | None = None
    ) -> models.DeployedTriggersListEventsResponse:
        """List the last events of a trigger, newest first."""
        return self._call.json(
            models.DeployedTriggersListEventsResponse,
            Route("GET", "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/events", at={"trigger_id": trigger_id}),
            {"external_user_id": external_user_id, "n": n},
            options,
        )

    def list_workflows(self, trigger_id: str, *, external_user_id: str, options: RequestOptions | None = None) -> models.TriggerWorkflows:
        """List the workflows that a trigger starts."""
        return self._call.json(
            models.TriggerWorkflows,
            Route("GET", "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines", at={"trigger_id": trigger_id}),
            {"external_user_id": external_user_id},
            options,
        )

    def update_workflows(
        self,
        trigger_id: str,
        *,
        external_user_id: str,
        workflow_ids: Sequence[str],
        unchanged_since: datetime | str | None = None,
        options: RequestOptions | None = None,
    ) -> models.TriggerWorkflows:
        """Set the workflows that a trigger starts."""
        return self._call.json(
            models.TriggerWorkflows,
            Route(
                "PUT",
                "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines",
                at={"trigger_id": trigger_id},
                query=["external_user_id", "unchanged_since"],
            ),
            {"external_user_id": external_user_id, "workflow_ids": workflow_ids, "unchanged_since": unchanged_since},
            options,
        )

    def list_webhooks(self, trigger_id: str, *, external_user_id: str, options: RequestOptions | None = None) -> models.TriggerWebhooks:
        """List the webhooks of a trigger."""
        return self._call.json(
            models.TriggerWebhooks,
            Route("GET", "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks", at={"trigger_id": trigger_id}),
            {"external_user_id": external_user_id},
            options,
        )

    def update_webhooks(
        self,
        trigger_id: str,
        *,
        external_user_id: str,
        webhook_urls: Sequence[str],
        unchanged_since: datetime | str | None = None,
        options: RequestOptions | None = None,
    ) -> models.TriggerWebhooks:
        """Set the webhooks of a trigger."""
        return self._call.json(
            models.TriggerWebhooks,
            Route(
                "PUT",
                "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks",
                at={"trigger_id": trigger_id},
                query=["external_user_id", "unchanged_since"],
            ),
            {"external_user_id": external_user_id, "webhook_urls": webhook_urls, "unchanged_since": unchanged_since},
            options,
        )

    def retrieve_webhook(
        self, trigger_id: str, webhook_id: str, *, external_user_id: str, options: RequestOptions | None = None
    ) -> models.WebhookWithSigningKey:
        """Get a webhook of a trigger with its signing key."""
        return self._call.json(
            models.WebhookWithSigningKey,
            Route(
                "GET",
                "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}",
                at={"trigger_id": trigger_id, "webhook_id": webhook_id},
            ),
            {"external_user_id": external_user_id},
            options,
        )

    def regenerate_webhook_signing_key(
        self, trigger_id: str, webhook_id: str, *, external_user_id: str, options: RequestOptions | None = None
    ) -> models.WebhookWithSigningKey:
        """Give a webhook of a trigger a new signing key."""
        return self._call.json(
            models.WebhookWithSigningKey,
            Route(
                "POST",
                "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}/regenerate_signing_key",
                at={"trigger_id": trigger_id, "webhook_id": webhook_id},
            ),
            {"external_user_id": external_user_id},
            options,
        )


class ProjectEnvironment:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def retrieve_webhook(self, *, options: RequestOptions | None = None) -> models.ProjectEnvironmentRetrieveWebhookResponse:
        """Get the webhook of the environment."""
        return self._call.json(
            models.ProjectEnvironmentRetrieveWebhookResponse, Route("GET", "/v1/connect/{project_id}/webhook"), {}, options
        )

    def update_webhook(
        self, *, url: str, unchanged_since: datetime | str | None = None, options: RequestOptions | None = None
    ) -> models.ProjectEnvironmentUpdateWebhookResponse:
        """Set the webhook of the environment."""
        return self._call.json(
            models.ProjectEnvironmentUpdateWebhookResponse,
            Route("PUT", "/v1/connect/{project_id}/webhook", query=["unchanged_since"]),
            {"url": url, "unchanged_since": unchanged_since},
            options,
        )

    def delete_webhook(self, *, options: RequestOptions | None = None) -> None:
        """Remove the webhook of the environment."""
        self._call.nothing(Route("DELETE", "/v1/connect/{project_id}/webhook"), {}, options)

    def regenerate_webhook_signing_key(self, *, options: RequestOptions | None = None) -> models.WebhookWithSigningKey:
        """Give the environment's webhook a new signing key."""
        return self._call.json(
            models.WebhookWithSigningKey, Route("POST", "/v1/connect/{project_id}/webhook/regenerate_signing_key"), {}, options
        )


class Projects:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        q: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Project]:
        """List projects."""
        return self._call.page(
            models.Project, Route("GET", "/v1/connect/projects"), {"q": q, "after": after, "before": before, "limit": limit}, options
        )

    def create(
        self,
        *,
        name: str,
        app_name: str | None | Omit = OMIT,
        support_email: str | None | Omit = OMIT,
        connect_require_key_auth_test: bool | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.Project:
        """Create a project with its two environments."""
        return self._call.json(
            models.Project,
            Route("POST", "/v1/connect/projects", nullable=["app_name", "support_email", "connect_require_key_auth_test"]),
            {
                "name": name,
                "app_name": app_name,
                "support_email": support_email,
                "connect_require_key_auth_test": connect_require_key_auth_test,
            },
            options,
        )

    def retrieve(self, project_id: str, *, options: RequestOptions | None = None) -> models.Project:
        """Get a project."""
        return self._call.json(
            models.Project, Route("GET", "/v1/connect/projects/{project_id}", at={"project_id": project_id}), {}, options
        )

    def update(
        self,
        project_id: str,
        *,
        unchanged_since: datetime | str | None = None,
        name: str | None | Omit = OMIT,
        app_name: str | None | Omit = OMIT,
        support_email: str | None | Omit = OMIT,
        connect_require_key_auth_test: bool | None | Omit = OMIT,
        workflows_in_production: bool | None | Omit = OMIT,
        proxy_allowed_hosts: Sequence[str] | None | Omit = OMIT,
        proxy_log_bodies: bool | None | Omit = OMIT,
        log_redactions: Sequence[Mapping[str, Any]] | None | Omit = OMIT,
        action_log_values: bool | None | Omit = OMIT,
        error_workflow_id: str | None | Omit = OMIT,
        run_keep_days: int | None | Omit = OMIT,
        run_keep_mb: int | None | Omit = OMIT,
        event_keep_days: int | None | Omit = OMIT,
        log_keep_days: int | None | Omit = OMIT,
        development_users: int | None | Omit = OMIT,
        options: RequestOptions | None = None,
    ) -> models.Project:
        """Change a project."""
        return self._call.json(
            models.Project,
            Route(
                "PATCH",
                "/v1/connect/projects/{project_id}",
                at={"project_id": project_id},
                query=["unchanged_since"],
                nullable=[
                    "name",
                    "app_name",
                    "support_email",
                    "connect_require_key_auth_test",
                    "workflows_in_production",
                    "proxy_allowed_hosts",
                    "proxy_log_bodies",
                    "log_redactions",
                    "action_log_values",
                    "error_workflow_id",
                    "run_keep_days",
                    "run_keep_mb",
                    "event_keep_days",
                    "log_keep_days",
                    "development_users",
                ],
                repeatable=True,
            ),
            {
                "unchanged_since": unchanged_since,
                "name": name,
                "app_name": app_name,
                "support_email": support_email,
                "connect_require_key_auth_test": connect_require_key_auth_test,
                "workflows_in_production": workflows_in_production,
                "proxy_allowed_hosts": proxy_allowed_hosts,
                "proxy_log_bodies": proxy_log_bodies,
                "log_redactions": log_redactions,
                "action_log_values": action_log_values,
                "error_workflow_id": error_workflow_id,
                "run_keep_days": run_keep_days,
                "run_keep_mb": run_keep_mb,
                "event_keep_days": event_keep_days,
                "log_keep_days": log_keep_days,
                "development_users": development_users,
            },
            options,
        )

    def delete(self, project_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete a project with all that is in it."""
        self._call.nothing(Route("DELETE", "/v1/connect/projects/{project_id}", at={"project_id": project_id}), {}, options)

    def update_logo(self, project_id: str, *, logo: str, options: RequestOptions | None = None) -> models.ProjectsUpdateLogoResponse:
        """Set the logo of a project, in both environments."""
        return self._call.json(
            models.ProjectsUpdateLogoResponse,
            Route("POST", "/v1/connect/projects/{project_id}/logo", at={"project_id": project_id}, repeatable=True),
            {"logo": logo},
            options,
        )

    def retrieve_info(self, project_id: str, *, options: RequestOptions | None = None) -> models.ProjectInfo:
        """Get the apps for which the project has OAuth clients of its own."""
        return self._call.json(
            models.ProjectInfo, Route("GET", "/v1/connect/{project_id}/projects/info", at={"project_id": project_id}), {}, options
        )


class Endpoints:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self, *, after: str | None = None, before: str | None = None, limit: int | None = None, options: RequestOptions | None = None
    ) -> Page[models.Endpoint]:
        """List webhook endpoints, newest first."""
        return self._call.page(
            models.Endpoint,
            Route("GET", "/v1/projects/{project_id}/endpoints"),
            {"after": after, "before": before, "limit": limit},
            options,
        )

    def create(
        self,
        *,
        url: str,
        description: str | None = None,
        event_types: Sequence[str] | None = None,
        payload: Literal["raw", "envelope"] | None = None,
        inline_limit: int | None = None,
        signatures: Sequence[Literal["x-pd-signature", "standard-webhooks"]] | None = None,
        timeout_ms: int | None = None,
        retry_waits: Sequence[int] | None = None,
        retries: bool | None = None,
        rate_per_second: float | None = None,
        burst: int | None = None,
        concurrency: int | None = None,
        ordering: Literal["none", "user", "subject", "field"] | None = None,
        ordering_path: str | None = None,
        on_exhausted: Literal["block", "skip"] | None = None,
        headers: Mapping[str, Any] | None = None,
        client_certificate: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> models.Endpoint:
        """Add a webhook endpoint to the environment."""
        return self._call.json(
            models.Endpoint,
            Route("POST", "/v1/projects/{project_id}/endpoints"),
            {
                "url": url,
                "description": description,
                "event_types": event_types,
                "payload": payload,
                "inline_limit": inline_limit,
                "signatures": signatures,
                "timeout_ms": timeout_ms,
                "retry_waits": retry_waits,
                "retries": retries,
                "rate_per_second": rate_per_second,
                "burst": burst,
                "concurrency": concurrency,
                "ordering": ordering,
                "ordering_path": ordering_path,
                "on_exhausted": on_exhausted,
                "headers": headers,
                "client_certificate": client_certificate,
            },
            options,
        )

    def retrieve(self, endpoint_id: str, *, options: RequestOptions | None = None) -> models.Endpoint:
        """Get a webhook endpoint."""
        return self._call.json(
            models.Endpoint, Route("GET", "/v1/projects/{project_id}/endpoints/{endpoint_id}", at={"endpoint_id": endpoint_id}), {}, options
        )

    def update(
        self,
        endpoint_id: str,
        *,
        unchanged_since: datetime | str | None = None,
        url: str | None = None,
        description: str | None = None,
        event_types: Sequence[str] | None = None,
        payload: Literal["raw", "envelope"] | None = None,
        inline_limit: int | None = None,
        signatures: Sequence[Literal["x-pd-signature", "standard-webhooks"]] | None = None,
        timeout_ms: int | None = None,
        retry_waits: Sequence[int] | None = None,
        retries: bool | None = None,
        rate_per_second: float | None = None,
        burst: int | None = None,
        concurrency: int | None = None,
        ordering: Literal["none", "user", "subject", "field"] | None = None,
        ordering_path: str | None = None,
        on_exhausted: Literal["block", "skip"] | None = None,
        headers: Mapping[str, Any] | None = None,
        client_certificate: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> models.Endpoint:
        """Change a webhook endpoint."""
        return self._call.json(
            models.Endpoint,
            Route(
                "PATCH",
                "/v1/projects/{project_id}/endpoints/{endpoint_id}",
                at={"endpoint_id": endpoint_id},
                query=["unchanged_since"],
                repeatable=True,
            ),
            {
                "unchanged_since": unchanged_since,
                "url": url,
                "description": description,
                "event_types": event_types,
                "payload": payload,
                "inline_limit": inline_limit,
                "signatures": signatures,
                "timeout_ms": timeout_ms,
                "retry_waits": retry_waits,
                "retries": retries,
                "rate_per_second": rate_per_second,
                "burst": burst,
                "concurrency": concurrency,
                "ordering": ordering,
                "ordering_path": ordering_path,
                "on_exhausted": on_exhausted,
                "headers": headers,
                "client_certificate": client_certificate,
            },
            options,
        )

    def delete(self, endpoint_id: str, *, options: RequestOptions | None = None) -> None:
        """Remove a webhook endpoint and its deliveries."""
        self._call.nothing(
            Route("DELETE", "/v1/projects/{project_id}/endpoints/{endpoint_id}", at={"endpoint_id": endpoint_id}), {}, options
        )

    def regenerate_signing_key(self, endpoint_id: str, *, options: RequestOptions | None = None) -> models.Endpoint:
        """Give a webhook endpoint a new signing key."""
        return self._call.json(
            models.Endpoint,
            Route("POST", "/v1/projects/{project_id}/endpoints/{endpoint_id}/regenerate_signing_key", at={"endpoint_id": endpoint_id}),
            {},
            options,
        )


class FileStash:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        stash_id: str | None = None,
        external_user_id: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.StashFile]:
        """List files of stashes, newest first."""
        return self._call.page(
            models.StashFile,
            Route("GET", "/v1/connect/{project_id}/file_stash"),
            {"stash_id": stash_id, "external_user_id": external_user_id, "after": after, "before": before, "limit": limit},
            options,
        )

    def upload(
        self,
        content: bytes,
        *,
        external_user_id: str,
        path: str,
        stash_id: str | None = None,
        content_type: str | None = None,
        options: RequestOptions | None = None,
    ) -> models.StashFile:
        """Put a file into a user's stash."""
        return self._call.json(
            models.StashFile,
            Route("POST", "/v1/connect/{project_id}/file_stash/upload", content=content),
            {"external_user_id": external_user_id, "path": path, "stash_id": stash_id, "content_type": content_type},
            options,
        )

    def retrieve(self, stash_file_id: str, *, options: RequestOptions | None = None) -> models.StashFile:
        """Get a file with a new link to it."""
        return self._call.json(
            models.StashFile,
            Route("GET", "/v1/connect/{project_id}/file_stash/files/{stash_file_id}", at={"stash_file_id": stash_file_id}),
            {},
            options,
        )

    def delete(self, stash_file_id: str, *, options: RequestOptions | None = None) -> None:
        """Delete a file."""
        self._call.nothing(
            Route("DELETE", "/v1/connect/{project_id}/file_stash/files/{stash_file_id}", at={"stash_file_id": stash_file_id}), {}, options
        )

    def download_file(self, *, s3_key: str, options: RequestOptions | None = None) -> bytes:
        """Download a file."""
        return self._call.binary(Route("GET", "/v1/connect/{project_id}/file_stash/download"), {"s3_key": s3_key}, options)


class WorkflowsApi:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self, *, after: str | None = None, before: str | None = None, limit: int | None = None, options: RequestOptions | None = None
    ) -> Page[models.Workflow]:
        """List workflows."""
        return self._call.page(
            models.Workflow,
            Route("GET", "/v1/projects/{project_id}/workflows"),
            {"after": after, "before": before, "limit": limit},
            options,
        )

    def retrieve(self, workflow_id: str, *, options: RequestOptions | None = None) -> models.Workflow:
        """Get a workflow."""
        return self._call.json(
            models.Workflow, Route("GET", "/v1/projects/{project_id}/workflows/{workflow_id}", at={"workflow_id": workflow_id}), {}, options
        )

    def run(
        self,
        workflow_id: str,
        *,
        external_user_id: str | None = None,
        account_map: Mapping[str, Any] | None = None,
        body: Any = OMIT,
        options: RequestOptions | None = None,
    ) -> models.Run:
        """Start a run of a workflow."""
        return self._call.json(
            models.Run,
            Route(
                "POST",
                "/v1/projects/{project_id}/workflows/{workflow_id}/runs",
                at={"workflow_id": workflow_id},
                nullable=["body"],
                idempotent=True,
            ),
            {"external_user_id": external_user_id, "account_map": account_map, "body": body},
            options,
        )


class Runs:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        workflow_id: str | None = None,
        version: int | None = None,
        status: str | None = None,
        external_user_id: str | None = None,
        account_id: str | None = None,
        app: str | None = None,
        trigger: str | None = None,
        error_code: str | None = None,
        trace_id: str | None = None,
        parent_id: str | None = None,
        replay_of: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        text: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Page[models.Run]:
        """List runs, newest first."""
        return self._call.page(
            models.Run,
            Route("GET", "/v1/projects/{project_id}/runs"),
            {
                "workflow_id": workflow_id,
                "version": version,
                "status": status,
                "external_user_id": external_user_id,
                "account_id": account_id,
                "app": app,
                "trigger": trigger,
                "error_code": error_code,
                "trace_id": trace_id,
                "parent_id": parent_id,
                "replay_of": replay_of,
                "since": since,
                "until": until,
                "text": text,
                "after": after,
                "before": before,
                "limit": limit,
            },
            options,
        )

    def retrieve(self, run_id: str, *, options: RequestOptions | None = None) -> models.RunDetail:
        """Get a run with its input and every step."""
        return self._call.json(
            models.RunDetail, Route("GET", "/v1/projects/{project_id}/runs/{run_id}", at={"run_id": run_id}), {}, options
        )

    def cancel(self, run_id: str, *, options: RequestOptions | None = None) -> models.Run:
        """Cancel a run."""
        return self._call.json(
            models.Run, Route("POST", "/v1/projects/{project_id}/runs/{run_id}/cancel", at={"run_id": run_id}, repeatable=True), {}, options
        )


class RateLimits:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def create(self, *, window_size_seconds: int, requests_per_window: int, options: RequestOptions | None = None) -> models.RateLimit:
        """Make a rate limit for your users."""
        return self._call.json(
            models.RateLimit,
            Route("POST", "/v1/connect/rate_limits", repeatable=True),
            {"window_size_seconds": window_size_seconds, "requests_per_window": requests_per_window},
            options,
        )


class Usage:
    def __init__(self, call: Caller) -> None:
        self._call = call

    def list(
        self,
        *,
        start_ts: int,
        end_ts: int,
        project_id: str | None = None,
        environment: Literal["development", "production"] | None = None,
        options: RequestOptions | None = None,
    ) -> models.UsageListResponse:
        """Count what the workspace used, by day."""
        return self._call.json(
            models.UsageListResponse,
            Route("GET", "/v1/connect/usage"),
            {"start_ts": start_ts, "end_ts": end_ts, "project_id": project_id, "environment": environment},
            options,
        )


class Resources:
    """All that a client has but for what is not a plain call: workflows and the proxy."""

    def __init__(self, call: Caller) -> None:
        self.oauth_tokens = OauthTokens(call)
        self.tokens = Tokens(call)
        self.accounts = Accounts(call)
        self.users = Users(call)
        self.apps = Apps(call)
        self.app_categories = AppCategories(call)
        self.oauth_apps = OauthApps(call)
        self.app_overrides = AppOverrides(call)
        self.components = Components(call)
        self.actions = Actions(call)
        self.action_runs = ActionRuns(call)
        self.triggers = Triggers(call)
        self.deployed_triggers = DeployedTriggers(call)
        self.project_environment = ProjectEnvironment(call)
        self.projects = Projects(call)
        self.endpoints = Endpoints(call)
        self.file_stash = FileStash(call)
        self.runs = Runs(call)
        self.rate_limits = RateLimits(call)
        self.usage = Usage(call)
