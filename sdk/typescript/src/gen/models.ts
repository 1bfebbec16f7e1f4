// Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.

export interface components {
    schemas: {
        Account: {
            id: string;
            name: string | null;
            externalId: string;
            healthy: boolean;
            dead: boolean | null;
            app: components["schemas"]["App"];
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            updatedAt: Date;
            /** @description As the provider granted them; where it does not tell, as they were asked for. */
            authorizedScopes: string[];
            /** @description That the user was asked for and did not grant. */
            missingScopes: string[];
            credentials?: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            expiresAt: Date | null;
            cause: components["schemas"]["HealthCause"];
            /** @description The cause as a sentence. */
            error: string | null;
            /**
             * Format: date-time
             * @description When it became healthy, degraded or dead.
             */
            healthSince: Date;
            /** Format: date-time */
            lastRefreshedAt: Date | null;
            /** Format: date-time */
            nextRefreshAt: Date | null;
        };
        AccountHealth: {
            state: components["schemas"]["AccountState"];
            cause: components["schemas"]["HealthCause"];
            /** @description The cause as a sentence. */
            error: string | null;
            /** Format: date-time */
            since: Date;
            /** Format: date-time */
            expiresAt: Date | null;
            /**
             * Format: date-time
             * @description Of the last refresh that succeeded.
             */
            lastRefreshedAt: Date | null;
            /** Format: date-time */
            nextRefreshAt: Date | null;
            history: components["schemas"]["HealthChange"][];
            attempts: components["schemas"]["RefreshAttempt"][];
        };
        /** @description Which of the user's accounts is used for an app: the id of one, by the app's slug. Needed for apps of which the user has several. */
        AccountMap: {
            [key: string]: string;
        };
        /**
         * @description Degraded is `healthy` and `dead` both false; it is still being tried. A dead one its user has to connect again.
         * @enum {string}
         */
        AccountState: "healthy" | "degraded" | "dead";
        AccountsCreateRequest: {
            /** @description Your own id of the user. */
            externalUserId?: string;
            oauthAppId?: string;
            appSlug: string;
            /** @description The app's fields: a JSON object, as a string. */
            cfmapJson: string;
            connectToken: string;
            name?: string | null;
            /** @description Id of one of the app's ways to sign in; absent: the first that asks for these fields. */
            auth?: string | null;
            /** @description Reconnect this account instead of making one. */
            accountId?: string | null;
            /** @description What it sets wins over cfmap_json. It must not name an OAuth client. */
            appOverrideId?: string | null;
        };
        AccountsListByExternalUserRequest: {
            app?: string;
            /** @description Needs an access token with the scope `credentials:read`, else 403. A connect token is never shown any. Each read is written to the audit log. */
            includeCredentials?: boolean;
        };
        AccountsListRequest: {
            /** @description Your own id of the user. */
            externalUserId?: string;
            oauthAppId?: string;
            /** @description Slug or id of the app. */
            app?: string;
            /** @description Whose health is so. */
            state?: components["schemas"]["AccountState"];
            /** @description Needs an access token with the scope `credentials:read`, else 403. A connect token is never shown any. Each read is written to the audit log. */
            includeCredentials?: boolean;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        AccountsRetrieveRequest: {
            /** @description Needs an access token with the scope `credentials:read`, else 403. A connect token is never shown any. Each read is written to the audit log. */
            includeCredentials?: boolean;
        };
        /** @description Who had it run. Null for runs of before that was kept, and for users' browsers. */
        ActionCaller: {
            /** @enum {string} */
            kind: "client" | "member" | "connect_token" | "mcp_client" | "workflow" | "system";
            /** @description Of the client, member or connect token, of the user's authorization of an MCP client, or of the workflow's run. */
            id: string;
            /** @description As an MCP client calls itself. */
            name: string | null;
            /** @enum {string} */
            via: "api" | "mcp" | "workflow";
        };
        /** @description Absent when it did what it was to do. */
        ActionError: {
            name: string;
            message: string;
            attribution: {
                origin: string;
                /** @description Of the app's answer. */
                status?: number;
            };
        };
        ActionOutcome: {
            /** @description `$summary` says in a sentence what was done; `$filestash_uploads` lists the files that the run left in its stash, each with `localPath`, `s3Key` and `get_url` (good for 30 minutes). */
            exports: {
                [key: string]: unknown;
            };
            os: components["schemas"]["Observation"][];
            /** @description What the action returns. */
            ret: Record<string, unknown> | unknown[] | string | number | boolean | null;
            stashId: string | null;
            /** @description By which the run is found in the log. */
            runId?: string;
            error?: components["schemas"]["ActionError"];
        };
        ActionRunDetail: {
            run: components["schemas"]["ActionRunState"];
            outcome: components["schemas"]["ActionOutcome"] | null;
            logs: {
                /** @description The first 200. */
                os: components["schemas"]["Observation"][];
                /** @description How many more there were. */
                omitted: number;
                /** @description What was filled in. */
                input: components["schemas"]["ProxyBody"] | null;
                /** @description What the action returned. */
                value: components["schemas"]["ProxyBody"] | null;
            } | null;
        };
        ActionRunState: {
            id: string;
            status: components["schemas"]["ActionRunStatus"];
            componentId: string;
            componentVersion: string;
            app: string | null;
            accountId: string | null;
            externalUserId: string;
            caller: components["schemas"]["ActionCaller"] | null;
            /** @description SHA-256 in hex: the same for the same action and arguments in an environment. Null for runs of before that was kept. */
            argumentsHash: string | null;
            /** @description The approval by its user, which the audit log tells of. Null = nobody was asked. */
            approvalId: string | null;
            /** @description Whether it went on without its caller. */
            background: boolean;
            error: components["schemas"]["ActionError"] | null;
            /** @description From its beginning to its end. */
            durationMs: number | null;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            startedAt: Date | null;
            /** Format: date-time */
            finishedAt: Date | null;
            statusUrl: string;
        };
        /**
         * @description `unknown`: a server stopped half-way, and nobody knows whether the app did what it was asked.
         * @enum {string}
         */
        ActionRunStatus: "queued" | "running" | "succeeded" | "failed" | "canceled" | "unknown";
        ActionRunsListRequest: {
            status?: components["schemas"]["ActionRunStatus"];
            /** @description Key of the action. */
            componentId?: string;
            /** @description Slug or id. */
            app?: string;
            accountId?: string;
            /** @description Your own id of the user. */
            externalUserId?: string;
            /**
             * @description Who had it run. Not for connect tokens.
             * @enum {string}
             */
            callerKind?: "client" | "member" | "connect_token" | "mcp_client" | "workflow" | "system";
            /** @description The id of who had it run, as `caller` says. Not for connect tokens. */
            callerId?: string;
            /**
             * @description By which door it was asked for.
             * @enum {string}
             */
            via?: "api" | "mcp" | "workflow";
            /**
             * Format: date-time
             * @description Made at this time or later.
             */
            from?: Date;
            /**
             * Format: date-time
             * @description Made before this time.
             */
            to?: Date;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        ActionsConfigurePropRequest: {
            /** @description Key of the component. */
            id: string;
            externalUserId: string;
            propName: string;
            version?: string | null;
            blocking?: boolean | null;
            /** @description What is filled in so far. */
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
            /** @description From 0. */
            page?: number | null;
            /** @description The `context` of the page before. */
            prevContext?: {
                [key: string]: unknown;
            } | null;
            query?: string | null;
        };
        ActionsListRequest: {
            /** @description Words, each of which has to be found. */
            q?: string;
            /** @description Slug or id. */
            app?: string;
            /**
             * @description The default is all: what ships, and the workspace's own.
             * @enum {string}
             */
            registry?: "public" | "private" | "all";
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        ActionsReloadPropsRequest: {
            /** @description Key of the component. */
            id: string;
            externalUserId: string;
            version?: string | null;
            blocking?: boolean | null;
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
        };
        ActionsRetrieveRequest: {
            /** @description The default is the newest. */
            version?: string;
        };
        ActionsRunRequest: {
            /** @description Key of the action. */
            id: string;
            externalUserId: string;
            version?: string | null;
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
            /** @description The stash whose files the action finds and leaves behind: an id, or `NEW` or true for a new one. Actions that touch no files need none. */
            stashId?: string | boolean | null;
        };
        /** @description What an action does to the world. */
        Annotations: {
            readOnlyHint: boolean;
            destructiveHint: boolean;
            idempotentHint: boolean;
            openWorldHint: boolean;
            title: string;
        };
        App: {
            id: string | null;
            nameSlug: string;
            name: string;
            /** @description keys, oauth, none or null. */
            authType: string | null;
            description: string | null;
            imgSrc: string;
            /** @description A JSON array, as a string. */
            customFieldsJson: string;
            categories: string[];
            featuredWeight: number;
            scopeProfiles: components["schemas"]["ScopeProfile"][];
            connect: components["schemas"]["AppConnect"];
            /** @description The ways to sign in, the recommended one first. `auth_type` and `custom_fields_json` are those of the first. */
            authMethods?: components["schemas"]["AuthMethod"][];
        };
        AppCategory: {
            id: string;
            name: string;
            description: string | null;
        };
        AppConnect: {
            proxyEnabled: boolean;
            allowedDomains: string[] | null;
            baseProxyTargetUrl: string;
        };
        AppOverride: {
            id: string;
            name: string;
            app: components["schemas"]["App"];
            oauthAppId: string | null;
            cfmap: components["schemas"]["Cfmap"];
            ownerId: string;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            updatedAt: Date;
        };
        AppOverridesCreateRequest: {
            /** @description Slug or id. */
            app: string;
            /** @description No other override of the project has it. */
            name: string;
            oauthAppId?: string | null;
            cfmap?: components["schemas"]["Cfmap"] | null;
        };
        AppOverridesListRequest: {
            /** @description Slug or id of the app. */
            app?: string;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        AppOverridesUpdateRequest: {
            /**
             * Format: date-time
             * @description The `updated_at` of what was read; 0001-01-01T00:00:00Z where it is null. If it has been changed since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            name?: string | null;
            oauthAppId?: string | null;
            cfmap?: components["schemas"]["Cfmap"] | null;
        };
        AppsListRequest: {
            q?: string;
            /** @enum {string} */
            sortKey?: "name" | "name_slug" | "featured_weight";
            /** @enum {string} */
            sortDirection?: "asc" | "desc";
            /** @description Repeated or separated by commas. */
            categoryIds?: string[];
            hasComponents?: boolean;
            hasActions?: boolean;
            hasTriggers?: boolean;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        AppsRetrieveResponse: {
            data: components["schemas"]["App"];
        };
        /** @description One of an app's ways to sign in. */
        AuthMethod: {
            id: string;
            title: string;
            /** @enum {string} */
            authType: "oauth" | "keys" | "none";
            /** @description What the user is asked: a JSON array, as a string. */
            customFieldsJson: string;
            /** @description It needs an OAuth client of the project. */
            takesClient: boolean;
            /** @description What such a client holds beside its id and secret: a JSON array, as a string. */
            clientFieldsJson: string;
        };
        /** @description The app's fields and what they are set to. */
        Cfmap: {
            [key: string]: string;
        };
        /** @description What is shown to a receiver that asks who calls (mTLS). It is kept sealed. Two empty texts remove it. */
        ClientCertificate: {
            /** @description PEM, with its chain. */
            certificate: string;
            /** @description PEM, without a passphrase. */
            key: string;
        };
        Component: {
            key: string;
            name: string;
            version: string;
            description: string;
            /** @enum {string} */
            componentType: "action" | "trigger";
            configurableProps: components["schemas"]["ConfigurableProp"][];
            annotations: components["schemas"]["Annotations"] | null;
            registry: components["schemas"]["ComponentOrigin"];
            /** @description Slug; absent for what needs no app. */
            app?: string;
            /** @description What the account has to be allowed, in the words of the app. */
            scopes?: string[];
            /** @description Of a trigger: what an event may look like. */
            sampleEvent?: {
                [key: string]: unknown;
            };
            /**
             * @description Of an action that works with files: whether its runs take a stash_id, or cannot do without.
             * @enum {string}
             */
            stash?: "optional" | "required";
        };
        ComponentBody: {
            data: components["schemas"]["Component"];
        };
        /**
         * @description public: it ships. private: it is the workspace's own.
         * @enum {string}
         */
        ComponentOrigin: "public" | "private";
        ComponentsConfigurePropRequest: {
            /** @description Key of the component. */
            id: string;
            externalUserId: string;
            propName: string;
            version?: string | null;
            blocking?: boolean | null;
            /** @description What is filled in so far. */
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
            /** @description From 0. */
            page?: number | null;
            /** @description The `context` of the page before. */
            prevContext?: {
                [key: string]: unknown;
            } | null;
            query?: string | null;
        };
        ComponentsListRequest: {
            /** @enum {string} */
            componentType?: "action" | "trigger";
            /** @description Words, each of which has to be found. */
            q?: string;
            /** @description Slug or id. */
            app?: string;
            /**
             * @description The default is all: what ships, and the workspace's own.
             * @enum {string}
             */
            registry?: "public" | "private" | "all";
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        ComponentsReloadPropsRequest: {
            /** @description Key of the component. */
            id: string;
            externalUserId: string;
            version?: string | null;
            blocking?: boolean | null;
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
        };
        ComponentsRetrieveRequest: {
            /** @description The default is the newest. */
            version?: string;
        };
        /** @description One thing that is asked for. Its members depend on its type. */
        ConfigurableProp: {
            name: string;
            type: string;
        } & {
            [key: string]: unknown;
        };
        ConnectToken: {
            token: string;
            /** Format: date-time */
            expiresAt: Date;
            connectLinkUrl: string;
        };
        ConnectTokenValidation: {
            success: boolean;
            error: string | null;
            app: components["schemas"]["App"] | null;
            appOverrideId: string | null;
            appOverrideFieldNames: string[];
            errorRedirectUri: string | null;
            successRedirectUri: string | null;
            oauthAppId: string | null;
            oauthAppWorkdayOfficial: boolean;
            oauthAppConnectBaseUrl: string | null;
            projectAppName: string | null;
            projectEnvironment: string | null;
            projectId: string | null;
            projectSupportEmail: string | null;
            /** @description An extension: the account that was connected with the token. Without it none was, yet. */
            accountId?: string;
        };
        ConnectUsage: {
            /**
             * Format: int64
             * @description All together.
             */
            creditsUsed: number;
            /** Format: int64 */
            actionRunCreditsUsed: number;
            /** Format: int64 */
            proxyCreditsUsed: number;
            /**
             * Format: int64
             * @description By deployed triggers.
             */
            sourceEmitCreditsUsed: number;
            /**
             * Format: int64
             * @description The day's beginning, in seconds since 1970.
             */
            usageStartTs: number;
            /**
             * Format: int64
             * @description Its end.
             */
            usageEndTs: number;
        };
        DeployedTriggersDeleteRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
            ignoreHookErrors?: boolean;
        };
        DeployedTriggersListEventsRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
            /** @description How many; the default is 20. */
            n?: number;
        };
        DeployedTriggersListEventsResponse: {
            data: components["schemas"]["EmittedEvent"][];
        };
        DeployedTriggersListRequest: {
            /** @description Your own id of the user; without it those of all users are listed. */
            externalUserId?: string;
            /**
             * @description The default is source.
             * @enum {string}
             */
            emitterType?: "all" | "email" | "http" | "source" | "timer";
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        DeployedTriggersListWebhooksRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
        };
        DeployedTriggersListWorkflowsRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
        };
        DeployedTriggersRegenerateWebhookSigningKeyRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
        };
        DeployedTriggersRetrieveRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
        };
        DeployedTriggersRetrieveWebhookRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
        };
        DeployedTriggersUpdateRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
            /**
             * Format: date-time
             * @description The `changed_at` of what was read. If somebody has changed the trigger since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            active?: boolean | null;
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            /** @description Of the props that were given out for what is filled in now. Absent: it keeps those that it has. */
            dynamicPropsId?: string | null;
            /** @description Of the component. The trigger keeps its id, what it remembers and what it has emitted; if the app refuses the change, it stays as it was. */
            version?: string | null;
            name?: string | null;
            emitOnDeploy?: boolean | null;
        };
        DeployedTriggersUpdateWebhooksRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
            /**
             * Format: date-time
             * @description The `changed_at` of what was read. If somebody has changed the trigger since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            webhookUrls: components["schemas"]["WebhookURL"][];
        };
        DeployedTriggersUpdateWorkflowsRequest: {
            /** @description Your own id of the user. */
            externalUserId: string;
            /**
             * Format: date-time
             * @description The `changed_at` of what was read. If somebody has changed the trigger since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            workflowIds: string[];
        };
        DynamicProps: {
            observations: components["schemas"]["Observation"][];
            errors: string[];
            dynamicProps: {
                /** @description dyp_…: name it as `dynamic_props_id` from now on. */
                id: string;
                configurableProps: components["schemas"]["ConfigurableProp"][];
            } | null;
        };
        EmittedEvent: {
            /** @description The payload. */
            e: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            k: "emit";
            /**
             * Format: int64
             * @description Epoch milliseconds.
             */
            ts: number;
            id: string;
            /** @description What the component says of it in a few words. */
            sum?: string;
            /** @description The channel, of a component that emits on several. */
            name?: string;
        };
        /** @description A deployed trigger. Times are epoch milliseconds, but for `changed_at` and those of `polling`. */
        Emitter: {
            id: string;
            /**
             * @description HttpInterface: it has an address. TimerInterface: it emits when its time has come. DeployedComponent: it looks for what is new, or the app calls it.
             * @enum {string}
             */
            type: "HttpInterface" | "TimerInterface" | "DeployedComponent";
            /** @description Of an HttpInterface. */
            key?: string;
            ownerId: string;
            /** @description Your own id of the user. */
            externalUserId: string;
            /** @description Of an HttpInterface. */
            endpointUrl?: string;
            /** @description Of email-new-email: each message that is sent here is an event. */
            emailAddress?: string;
            /** @description Of an HttpInterface. */
            customResponse?: boolean;
            /** @description Of a TimerInterface, or else cron. */
            intervalSeconds?: number;
            /** @description Of a TimerInterface. */
            cron?: string;
            /** @description Of a TimerInterface. */
            timezone?: string;
            /**
             * Format: int64
             * @description Of a TimerInterface.
             */
            scheduleChangedAt?: number;
            /** @description Of a DeployedComponent. */
            componentId?: string;
            componentKey: string;
            /** @description Of a DeployedComponent. */
            componentVersion?: string;
            /** @description Of a DeployedComponent. */
            configurableProps?: components["schemas"]["ConfigurableProp"][];
            configuredProps: {
                [key: string]: unknown;
            };
            active: boolean;
            name: string;
            nameSlug: string;
            emitOnDeploy: boolean;
            /** Format: int64 */
            createdAt: number;
            /** Format: int64 */
            updatedAt: number;
            /**
             * Format: date-time
             * @description When somebody changed it last, its webhooks, or its workflows. What the server does by itself, such as looking for what is new, moves `updated_at` at most.
             */
            changedAt: Date;
            /** @description Once, in the answer to deploy, to an access token. */
            webhookSigningKey?: string;
            polling?: components["schemas"]["Polling"];
        };
        EmitterBody: {
            data: components["schemas"]["Emitter"];
        };
        Endpoint: {
            id: string;
            /** @enum {string} */
            level: "project" | "trigger";
            /** @description It is the webhook that `PUT /v1/connect/{project_id}/webhook` sets. */
            main: boolean;
            /** @description The trigger whose endpoint it is; empty for one of the environment. */
            subjectId: string;
            url: string;
            description: string;
            eventTypes: string[];
            payload: components["schemas"]["EndpointPayload"];
            inlineLimit: components["schemas"]["EndpointInlineLimit"];
            signatures: components["schemas"]["SignatureScheme"][];
            timeoutMs: number;
            /** @description Empty for the installation's. */
            retryWaits: number[];
            /** @description false: a delivery is tried once. */
            retries: boolean;
            /** Format: double */
            ratePerSecond: number;
            burst: number;
            concurrency: number;
            ordering: components["schemas"]["EndpointOrdering"];
            orderingPath: components["schemas"]["EndpointOrderingPath"];
            onExhausted: components["schemas"]["EndpointOnExhausted"];
            /** @description The names of the headers that are sent along. */
            headers: string[];
            clientCertificate: {
                subject: string;
                /** Format: date-time */
                expiresAt: Date;
            } | null;
            status: components["schemas"]["WebhookStatus"];
            /**
             * @description half_open: one delivery is to find out how the receiver is.
             * @enum {string}
             */
            breaker: "closed" | "open" | "half_open";
            /**
             * Format: date-time
             * @description While paused: when one delivery tries again.
             */
            pausedUntil: Date | null;
            /**
             * Format: date-time
             * @description Null when the last send succeeded.
             */
            failingSince: Date | null;
            /** @description Since then. */
            failures: number;
            /** Format: date-time */
            lastSuccessAt: Date | null;
            /** Format: date-time */
            disabledAt: Date | null;
            disabledReason: components["schemas"]["EndpointDisabledReason"] | null;
            /** @description Deliveries that are still to be sent, counted up to 10001; not in a list. */
            waiting?: number;
            /** @description When it is made, and never again: 64 hex characters; the key is this text. */
            signingKey?: string;
            /** @description The same key as the libraries of Standard Webhooks take it. */
            standardSecret?: string;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            updatedAt: Date;
        };
        /**
         * @description gone: the receiver answered 410; failing: nothing arrived for five days; manual: a person did it.
         * @enum {string}
         */
        EndpointDisabledReason: "gone" | "failing" | "manual";
        /**
         * @description Bytes. What has a larger payload is sent a reference to it instead, a link that is good for 24 hours: see PayloadReference. 0, the default: every
         *     payload is sent itself.
         */
        EndpointInlineLimit: number;
        /**
         * @description With an ordering: whether those behind a delivery that was given up wait until it is sent or discarded by hand (block, the default), or go on.
         * @enum {string}
         */
        EndpointOnExhausted: "block" | "skip";
        /**
         * @description Whether deliveries arrive in the order of their events: those of a user, those about an account or trigger, or those with the same
         *     value at `ordering_path`. One is under way at a time then, of each user, subject or value. The default is none.
         * @enum {string}
         */
        EndpointOrdering: "none" | "user" | "subject" | "field";
        /**
         * @description With the ordering `field`: a JSON pointer (RFC 6901) into the body of events, such as `/body/customer/id`. It leads to a text, a number,
         *     true or false; a body that has none there is delivered in no order. Empty with any other ordering.
         */
        EndpointOrderingPath: string;
        /**
         * @description raw, the default: the body of the event as it is. envelope: `type`, `id`, `timestamp`, `environment`, `subject_id` and `external_user_id`,
         *     and the body as `data`.
         * @enum {string}
         */
        EndpointPayload: "raw" | "envelope";
        EndpointsCreateRequest: {
            url: components["schemas"]["WebhookURL"];
            description?: string;
            /**
             * @description Types, and beginnings of types with a star, such as `ACCOUNT_*`. `*` is everything but the platform events of `GET /v1/event_types`,
             *     which are heard of by name or by a beginning. The default is `*`.
             */
            eventTypes?: string[];
            payload?: components["schemas"]["EndpointPayload"];
            inlineLimit?: components["schemas"]["EndpointInlineLimit"];
            signatures?: components["schemas"]["SignatureScheme"][];
            /** @description For the whole of a request and its answer; the default is 10000. */
            timeoutMs?: number;
            /**
             * @description Seconds to wait after each failure, a fifth more or less; after the last one the delivery is given up. All together at most 604800.
             *     Empty, the default: 10 s, 30 s, 2 min, 10 min, 30 min, 2 h, 6 h, 12 h.
             */
            retryWaits?: number[];
            /** @description false: a delivery is tried once, and a failure is a dead letter at once. Without waits of its own, true means the usual ones. */
            retries?: boolean;
            /**
             * Format: double
             * @description Deliveries a second; 0, the default, is no limit. At least 0.01.
             */
            ratePerSecond?: number;
            /** @description How many may go at once after a rest; the default is what a second brings. */
            burst?: number;
            /** @description Deliveries under way at once; the default is 16. */
            concurrency?: number;
            ordering?: components["schemas"]["EndpointOrdering"];
            orderingPath?: components["schemas"]["EndpointOrderingPath"];
            onExhausted?: components["schemas"]["EndpointOnExhausted"];
            /** @description Headers to send along. They are kept sealed and never shown. */
            headers?: {
                [key: string]: string;
            };
            clientCertificate?: components["schemas"]["ClientCertificate"];
        };
        EndpointsListRequest: {
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        EndpointsUpdateRequest: {
            /**
             * Format: date-time
             * @description The `updated_at` of what was read; 0001-01-01T00:00:00Z where it is null. If it has been changed since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            url?: components["schemas"]["WebhookURL"];
            description?: string;
            /**
             * @description Types, and beginnings of types with a star, such as `ACCOUNT_*`. `*` is everything but the platform events of `GET /v1/event_types`,
             *     which are heard of by name or by a beginning. The default is `*`.
             */
            eventTypes?: string[];
            payload?: components["schemas"]["EndpointPayload"];
            inlineLimit?: components["schemas"]["EndpointInlineLimit"];
            signatures?: components["schemas"]["SignatureScheme"][];
            /** @description For the whole of a request and its answer; the default is 10000. */
            timeoutMs?: number;
            /**
             * @description Seconds to wait after each failure, a fifth more or less; after the last one the delivery is given up. All together at most 604800.
             *     Empty, the default: 10 s, 30 s, 2 min, 10 min, 30 min, 2 h, 6 h, 12 h.
             */
            retryWaits?: number[];
            /** @description false: a delivery is tried once, and a failure is a dead letter at once. Without waits of its own, true means the usual ones. */
            retries?: boolean;
            /**
             * Format: double
             * @description Deliveries a second; 0, the default, is no limit. At least 0.01.
             */
            ratePerSecond?: number;
            /** @description How many may go at once after a rest; the default is what a second brings. */
            burst?: number;
            /** @description Deliveries under way at once; the default is 16. */
            concurrency?: number;
            ordering?: components["schemas"]["EndpointOrdering"];
            orderingPath?: components["schemas"]["EndpointOrderingPath"];
            onExhausted?: components["schemas"]["EndpointOnExhausted"];
            /** @description Headers to set; null removes one. Those that are not named stay. */
            headers?: {
                [key: string]: string | null;
            };
            clientCertificate?: components["schemas"]["ClientCertificate"];
        };
        ExternalUser: {
            id: string;
            externalId: string;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            updatedAt: Date;
        };
        FileStashDownloadFileRequest: {
            /** @description As `s3Key` says. */
            s3Key: string;
        };
        FileStashListRequest: {
            stashId?: string;
            /** @description Your own id of the user. */
            externalUserId?: string;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        FileStashUploadRequest: {
            externalUserId: string;
            stashId?: string;
            path: string;
            contentType?: string;
        };
        /**
         * @description Why an account is not healthy; null while it is. Of dead ones: `revoked`, `expired`, `lost_rotation`, `rejected`. Of degraded ones:
         *     `rejected`, `further_token`, `scope_lost`, `blocked_by_policy`, `client_config`, `provider_unreachable`, `throttled`, `malformed_answer`.
         *     More may come.
         */
        HealthCause: string | null;
        HealthChange: {
            state: components["schemas"]["AccountState"];
            cause: components["schemas"]["HealthCause"];
            error: string | null;
            /** Format: date-time */
            createdAt: Date;
        };
        /** @description What callers are told of a request that was taken, in the place of what became of it. A workflow that answers itself goes before. */
        InboundResponse: {
            /** @description The default is 200. */
            status?: number;
            /**
             * @description The default is text/plain.
             * @enum {string}
             */
            contentType?: "text/plain" | "application/json" | "application/xml" | "text/xml";
            body?: string;
        };
        /** @description A scheme of your own. The signature is in header, query or json, one of them. */
        InboundVerify: {
            /** @enum {string} */
            kind: "hmac" | "stripe" | "standard_webhooks" | "ed25519" | "ecdsa" | "token" | "basic" | "twilio" | "jwt";
            /**
             * @description The default is sha256.
             * @enum {string}
             */
            alg?: "sha1" | "sha256" | "sha512";
            header?: string;
            query?: string;
            /** @description A JSON pointer into the body. */
            json?: string;
            /** @description The header holds more than the signature, like t=1700000000,v1=af3b…. */
            list?: {
                separator: string;
                time?: string;
                signature: string;
            };
            /**
             * @description The default is hex.
             * @enum {string}
             */
            encoding?: "hex" | "base64";
            prefix?: string;
            /** @description A text with holes for body, body/pointer, method, url, url_decoded, time, header.name and query.name. The default is the body. */
            signed?: string;
            /** @enum {string} */
            secretEncoding?: "text" | "hex" | "base64";
            timestamp?: {
                header?: string;
                json?: string;
                /** @enum {string} */
                as?: "epoch" | "epoch_ms" | "iso8601";
            };
            tolerance?: string;
        };
        /** @description Takes something out of the logs of requests, actions and looks before they are written. `field`: the values of fields, parameters and headers of a name, in documents and in texts. `path`: what stands at a JSON pointer, in which `*` is any name or number. `values`: what looks like one of `email`, `card_number`, `iban`, `phone`, `ipv4`. `pattern`: what a regular expression (RE2) fits. */
        LogRedaction: {
            /** @enum {string} */
            kind: "field" | "path" | "values" | "pattern";
            match: string;
        };
        /** @description An OAuth client of the project, with what it is a client of. */
        OAuthApp: {
            id: string;
            clientId: string;
            /** @description Id of the app's way to sign in that it is for. */
            auth: string;
            /** @description Names of the further fields that are set. Their values are never shown. */
            fields: string[];
            /** @description What is asked for; empty means the app's default. */
            scopes: string[];
            additionalScopes: string[];
            secret: components["schemas"]["OAuthAppSecret"];
            /**
             * Format: date-time
             * @description Since when the provider does not accept the client, so that the refreshes of its accounts wait; null while it does.
             */
            suspendedAt: Date | null;
            /** @description The provider's own word for it. */
            suspendedCode: string | null;
            /** @description To register with the provider. */
            redirectUri: string;
            /** @description How to register with the provider, in Markdown. */
            setup: string;
            ownerId: string;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            updatedAt: Date;
            nameSlug: string;
            name: string;
            authType: string | null;
            description: string | null;
            imgSrc: string;
            customFieldsJson: string;
            categories: string[];
            featuredWeight: number;
            scopeProfiles: components["schemas"]["ScopeProfile"][];
        };
        OAuthAppCheck: {
            /** @enum {string} */
            check: "authorize" | "secret" | "previous_secret";
            /** @enum {string} */
            verdict: "ok" | "wrong_client" | "wrong_redirect_uri" | "wrong_scopes" | "unknown";
            /** @description Of the provider's answer; null without one. */
            status: number | null;
            /** @description The provider's own. */
            code: string | null;
            /** @description One sentence for people. */
            message: string;
        };
        /** @description The secret that was replaced, while it is kept. */
        OAuthAppPreviousSecret: {
            /**
             * Format: date-time
             * @description It is destroyed then.
             */
            expiresAt: Date;
            /** Format: date-time */
            lastUsedAt: Date | null;
        };
        /** @description How old the client's secret is and whether the provider takes it. Never the secret. */
        OAuthAppSecret: {
            /** Format: date-time */
            setAt: Date;
            /**
             * Format: date-time
             * @description When the provider last took it, to the minute.
             */
            lastUsedAt: Date | null;
            /** @description Which secret the provider took last: current or previous; null before the first time. */
            inUse: string | null;
            previous: components["schemas"]["OAuthAppPreviousSecret"] | null;
        };
        OAuthAppTest: {
            /** @description That was shown to the provider. */
            redirectUri: string;
            checks: components["schemas"]["OAuthAppCheck"][];
        };
        OAuthToken: {
            accessToken: string;
            /** @enum {string} */
            tokenType: "Bearer";
            /** @description Seconds. */
            expiresIn: number;
            /**
             * Format: int64
             * @description Epoch seconds.
             */
            createdAt: number;
            scope: string;
        };
        OauthAppsCreateRequest: {
            /** @description Slug or id. */
            app: string;
            /** @description Id of one of the app's ways to sign in; absent: the first that takes a client. */
            auth?: string | null;
            /** @description Needed by every way that leads to a page of the provider. */
            clientId?: string;
            clientSecret?: string;
            /** @description What else the app asks of an operator, such as a private key: see `client_fields_json` of the app. Kept sealed, never shown. */
            fields?: {
                [key: string]: string;
            };
            name?: string | null;
            description?: string | null;
            scopes?: string[] | null;
            additionalScopes?: string[] | null;
        };
        OauthAppsListRequest: {
            /** @description Slug or id of the app. */
            app?: string;
            /** @description Part of the name. */
            q?: string;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        OauthAppsTestRequest: {
            /** @description What the app asks a user for, where its address depends on it. */
            fields?: {
                [key: string]: string;
            } | null;
        };
        OauthAppsUpdateRequest: {
            /**
             * Format: date-time
             * @description The `updated_at` of what was read; 0001-01-01T00:00:00Z where it is null. If it has been changed since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            clientId?: string | null;
            clientSecret?: string | null;
            /** @description Fields that are not named stay as they are; an empty one is taken away. */
            fields?: {
                [key: string]: string;
            };
            /** @description Seconds for which the secret that is replaced is kept; the default is 86400, and 0 destroys it at once. */
            previousSecretExpiresIn?: number | null;
            name?: string | null;
            description?: string | null;
            scopes?: string[] | null;
            additionalScopes?: string[] | null;
        };
        OauthTokensCreateRequest: {
            clientId: string;
            clientSecret: string;
            /** @description Separated by spaces. The default is all that the client may do. */
            scope?: string | null;
        };
        Observation: {
            k: string;
            /**
             * Format: int64
             * @description Epoch milliseconds.
             */
            ts: number;
            msg?: string;
            err?: {
                name: string;
                message: string;
            };
        };
        /**
         * @description Stands for a payload that is too large to lie in the database. An endpoint with an `inline_limit` is sent one, too, for what is larger, as
         *     `payload_reference`: in the place of the body, or of `data` in an envelope, with the header `x-patchbay-payload: reference`.
         */
        PayloadReference: {
            /** @description Where the payload is, for whoever has the link. GET and HEAD, also of a range. */
            url: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
            /** @description In hex. */
            sha256: string;
            contentType: string;
            /**
             * Format: date-time
             * @description Until when the link is good: 24 hours.
             */
            expiresAt: Date;
        };
        /** @description How a trigger that looks for what is new is getting on. */
        Polling: {
            /** @description 0: at no interval. */
            intervalSeconds: number;
            /**
             * Format: date-time
             * @description When it looks again, or renews what it has at the app; null: it does neither.
             */
            nextAt: Date | null;
            /**
             * Format: date-time
             * @description When it last looked, and could.
             */
            lastAt: Date | null;
            /** @description In a row. */
            failures: number;
            /** Format: date-time */
            failingSince: Date | null;
            /** @description One sentence for people. */
            error: string | null;
            /**
             * Format: date-time
             * @description When it was switched off for failing too long; null: it was not.
             */
            pausedAt?: Date | null;
        };
        Project: {
            id: string;
            name: string;
            /** @description What your users see. */
            appName: string | null;
            supportEmail: string | null;
            connectRequireKeyAuthTest: boolean;
            /** @description Whether workflows may run for users in production. */
            workflowsInProduction: boolean;
            /** @description Where calls through the proxy may go, among an app's own hosts; none = to all of these. */
            proxyAllowedHosts: string[];
            /** @description Whether the request log keeps bodies: short ones, redacted and encrypted. */
            proxyLogBodies: boolean;
            /** @description What is taken out of logs before they are written. */
            logRedactions: components["schemas"]["LogRedaction"][];
            /** @description Whether the log of actions keeps what went in and what came out: short, redacted and encrypted. */
            actionLogValues: boolean;
            /** @description The workflow that is told of failures of those that name none; null: none is. */
            errorWorkflowId: string | null;
            /** @description How long runs that are over are kept; 0 = as the installation says. */
            runKeepDays: number;
            /** @description How much of runs is kept, of both environments, the newest first; 0 = any amount. */
            runKeepMb: number;
            /** @description How long events, and deliveries that are over, are kept where that is less than the installation keeps them; 0 = as it does. */
            eventKeepDays: number;
            /** @description The same of requests through the proxy, runs of actions and connect sessions. */
            logKeepDays: number;
            /** @description How many users may have accounts in development; 0 = any number, -1 = as the installation says. */
            developmentUsers: number;
            /** Format: date-time */
            updatedAt: Date;
        };
        ProjectEnvironmentRetrieveWebhookResponse: {
            data: components["schemas"]["Webhook"] | null;
        };
        ProjectEnvironmentUpdateWebhookRequest: {
            /**
             * Format: date-time
             * @description The `changed_at` of what was read; 0001-01-01T00:00:00Z where there was none. If it has been changed since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            url: components["schemas"]["WebhookURL"];
        };
        ProjectEnvironmentUpdateWebhookResponse: {
            data: components["schemas"]["Webhook"];
        };
        ProjectInfo: {
            apps: components["schemas"]["ProjectInfoApp"][];
        };
        ProjectInfoApp: {
            /** @description Null: the catalogue does not have the app any more. */
            id: string | null;
            nameSlug: string;
        };
        ProjectsCreateRequest: {
            name: string;
            appName?: string | null;
            supportEmail?: string | null;
            connectRequireKeyAuthTest?: boolean | null;
        };
        ProjectsListRequest: {
            q?: string;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        ProjectsUpdateLogoRequest: {
            /** @description An SVG or PNG as a data URI: data:image/png;base64,… */
            logo: string;
        };
        ProjectsUpdateLogoResponse: Record<string, unknown>;
        ProjectsUpdateRequest: {
            /**
             * Format: date-time
             * @description The `updated_at` of what was read; 0001-01-01T00:00:00Z where it is null. If it has been changed since, nothing is written and the answer is 409 `changed_meanwhile`.
             */
            unchangedSince?: Date;
            name?: string | null;
            appName?: string | null;
            supportEmail?: string | null;
            connectRequireKeyAuthTest?: boolean | null;
            workflowsInProduction?: boolean | null;
            /** @description Takes effect within five seconds; [] = all of an app's own hosts. */
            proxyAllowedHosts?: string[] | null;
            proxyLogBodies?: boolean | null;
            /** @description All of them, in place of those before. */
            logRedactions?: components["schemas"]["LogRedaction"][] | null;
            actionLogValues?: boolean | null;
            /** @description Empty: none. */
            errorWorkflowId?: string | null;
            runKeepDays?: number | null;
            runKeepMb?: number | null;
            eventKeepDays?: number | null;
            logKeepDays?: number | null;
            developmentUsers?: number | null;
        };
        PropOption: {
            label: string;
            value: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        PropOptions: {
            options: components["schemas"]["PropOption"][] | null;
            /** @description In the place of options whose labels are their values. */
            stringOptions: string[] | null;
            /** @description Hand it back as `prev_context` for the next page; null on the last one. */
            context: {
                [key: string]: unknown;
            } | null;
            observations: components["schemas"]["Observation"][];
            errors: string[];
        };
        ProxyBody: {
            /** @description Its content type. */
            type: string;
            /** @description Redacted. */
            text: string;
            /**
             * @description Why there is no text.
             * @enum {string}
             */
            omitted: "" | "empty" | "too_long" | "not_text" | "unreadable";
        };
        RateLimit: {
            token: string;
        };
        RateLimitsCreateRequest: {
            windowSizeSeconds: number;
            requestsPerWindow: number;
        };
        ReadinessCheck: {
            code: string;
            done: boolean;
            /** @description Whether it is a question for this workflow at all. */
            concerns: boolean;
            /** @description What to do; or why it is done. */
            text: string;
        };
        /** @description One request for another token. */
        RefreshAttempt: {
            /** Format: date-time */
            startedAt: Date;
            /**
             * Format: date-time
             * @description Null while it runs.
             */
            finishedAt: Date | null;
            /**
             * @description `ok`; `running`; `fenced` (another token came meanwhile), `abandoned` (its worker died) or why there is none, such as `transient`,
             *     `ambiguous`, `reauth`, `client_config`, `throttled`. More may come.
             */
            outcome: string;
            /** @description Of a refusal; null without one. */
            httpStatus: number | null;
            /** @description The provider's own. */
            providerCode: string | null;
        };
        Run: {
            id: string;
            workflowId: string;
            workflowName: string;
            version: number;
            /** @description The name of the trigger that fired; empty: the API. */
            trigger: string;
            status: components["schemas"]["RunStatus"];
            /** @description How often it went on from a step that had failed, and once. */
            attempts: number;
            /** @description The run whose step called it. */
            parentId: string | null;
            /** @description The first run with the event that it took again. */
            replayOf: string | null;
            /** @description The run of whose failure it was told, of an error workflow. */
            failureOf: string | null;
            /**
             * Format: date-time
             * @description When it goes on, of one that is retrying.
             */
            retryAt: Date | null;
            /** @description Of a draft, by its maker. */
            test: boolean;
            /**
             * @description What is kept of its payloads when it is over.
             * @enum {string}
             */
            store: "all" | "errors" | "none";
            /** @description The trace (W3C, OpenTelemetry) that the run, its steps and the runs that they call belong to. */
            traceId: string;
            externalUserId: string | null;
            error: components["schemas"]["RunError"] | null;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            startedAt: Date | null;
            /** Format: date-time */
            finishedAt: Date | null;
        };
        RunDetail: {
            run: components["schemas"]["Run"];
            /** @description What was wrong at its attempts, the oldest first; the newest 50. */
            failures: components["schemas"]["RunFailure"][];
            /** @description The triggering event; null: it is not kept. */
            input: {
                [key: string]: unknown;
            } | null;
            steps: components["schemas"]["RunStep"][];
        };
        RunError: {
            code: string;
            message: string;
            step: string | null;
        };
        RunFailure: {
            attempt: number;
            /** Format: date-time */
            at: Date;
            error: components["schemas"]["RunError"];
        };
        /**
         * @description waiting: for a time, or for somebody. ended_early: a step such as a filter stopped it. dead_lettered: it failed, and is not tried again by itself.
         * @enum {string}
         */
        RunStatus: "queued" | "running" | "waiting" | "retrying" | "succeeded" | "ended_early" | "failed" | "canceled" | "dead_lettered";
        RunStep: {
            /** @description Where it stands in the tree of steps: its name, or each[3]/send. */
            path: string;
            name: string;
            type: string;
            /** @enum {string} */
            status: "pending" | "running" | "waiting" | "succeeded" | "ended_early" | "failed" | "canceled" | "skipped";
            /** @description How often it was begun; 0 = not yet. */
            attempts: number;
            /**
             * Format: date-time
             * @description When a step that waits goes on.
             */
            wakeAt: Date | null;
            /** @description What the step was given after expressions were filled in. */
            input: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description What it gave back. Null with an output_reference. */
            output: Record<string, unknown> | unknown[] | string | number | boolean | null;
            outputReference?: components["schemas"]["PayloadReference"];
            error: components["schemas"]["RunError"] | null;
            /** @description The account that it used. */
            accountId: string | null;
            /** Format: date-time */
            startedAt: Date | null;
            /** Format: date-time */
            finishedAt: Date | null;
            durationMs: number | null;
        };
        RunsListRequest: {
            workflowId?: string;
            /** @description Of the workflow. */
            version?: number;
            /** @description One status or several, separated by commas. */
            status?: string;
            /** @description Your own id of the user. */
            externalUserId?: string;
            /** @description That one of its steps used. */
            accountId?: string;
            /** @description Whose account one of its steps used. */
            app?: string;
            /** @description The name of the trigger that fired; empty: the API. */
            trigger?: string;
            errorCode?: string;
            traceId?: string;
            /** @description The run whose step called it. */
            parentId?: string;
            /** @description The run whose event it took again. */
            replayOf?: string;
            /**
             * Format: date-time
             * @description Made at this time or later.
             */
            since?: Date;
            /**
             * Format: date-time
             * @description Made before this time.
             */
            until?: Date;
            /** @description In its input, its response or its error, whatever the case of A to Z. */
            text?: string;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        ScopeProfile: {
            name: string;
            scopes: string[];
        };
        /**
         * @description `x-pd-signature`: a header of that name, `t=<seconds>,v1=<hex>`. `standard-webhooks`: the header `webhook-signature` of
         *     standardwebhooks.com. Both, the default, are made with the same keys.
         * @enum {string}
         */
        SignatureScheme: "x-pd-signature" | "standard-webhooks";
        StashFile: {
            id: string;
            stashId: string;
            externalUserId: string;
            path: string;
            /** @description By which it is downloaded. */
            s3Key: string;
            /** @description Whoever has it may fetch the file, for 30 minutes. */
            getUrl: string;
            /** Format: int64 */
            size: number;
            sha256: string;
            contentType: string;
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            expiresAt: Date;
        };
        TokensCreateRequest: {
            externalUserId: string;
            allowedOrigins?: string[] | null;
            successRedirectUri?: string | null;
            errorRedirectUri?: string | null;
            webhookUri?: string | null;
            /** @description Seconds; the default is 14400. */
            expiresIn?: number | null;
            /** @description Separated by spaces; the default is connect:*. */
            scope?: string | null;
            /** @description The user may allow less than is asked for; reconnecting an account asks for what it was granted, too. Without it, a user who allows less is refused where the provider tells. */
            allowProgressiveScopes?: boolean | null;
            /** @description Reconnecting an account may put another person of the app into it. Without it, that is refused with the code other_identity. */
            allowIdentityChange?: boolean | null;
            appId?: string | null;
            oauthAppId?: string | null;
            /** @description The token connects through this override alone. One that is only named in the link could be left out by the user. */
            appOverrideId?: string | null;
            /** @description The language of the hosted page. Without it the page speaks the browser's; `locale` in its address wins over both. */
            locale?: string | null;
            /** @description An extension: the name of a tool profile. The token then opens the connect page and, over MCP, the tools of this profile; nothing else of the API takes it. When the profile is deleted, it has no tools. */
            toolProfile?: string | null;
        };
        TokensValidateRequest: {
            /** @description Slug or id of the app. */
            appId?: string;
            accountId?: string;
            oauthAppId?: string;
            appOverrideId?: string;
        };
        /** @description By what a request is known that comes again: something in it, or else the id of the scheme. */
        TriggerDedupe: {
            header?: string;
            query?: string;
            /** @description A JSON pointer into the body. */
            json?: string;
            expression?: string;
            /** @description The default is 600. */
            windowSeconds?: number;
        };
        /** @description How a trigger takes its requests. Conditions and expressions are written as in workflows, without braces, over `trigger`. */
        TriggerIntakeInput: {
            verification?: components["schemas"]["TriggerVerificationInput"];
            dedupe?: components["schemas"]["TriggerDedupe"];
            split?: components["schemas"]["TriggerSplit"];
            /** @description What it does not hold of is dropped before it is stored. */
            filter?: string | null;
            /** @description Bytes. */
            maxBody?: number | null;
            /** @description Deliveries that may wait; beyond that, callers are answered with 429 and `Retry-After`. */
            maxWaiting?: number | null;
            response?: components["schemas"]["InboundResponse"];
            /** @description Seconds. When no event came for so long, TRIGGER_SILENT is told, and TRIGGER_HEARD when one came again. */
            expectEvery?: number | null;
            /** @description Slug of an app whose address sends for many users; the trigger hears what is for its user. */
            hearsApp?: string | null;
        };
        /** @description Each item of a list in the body becomes an event of its own, with `batch: {id, index, of, key}` beside it. */
        TriggerSplit: {
            /** @description A JSON pointer to the list; empty is the body itself. */
            path: string;
            /** @description A JSON pointer into an item. */
            id?: string;
            /** @description A JSON pointer into an item. */
            key?: string;
        };
        TriggerVerificationInput: {
            /** @description A row of the table, or custom. */
            scheme: string;
            custom?: components["schemas"]["InboundVerify"];
            /** @description How far the time of a signature may be from ours. The default is the scheme's. */
            tolerance?: string | null;
            /** @description Any of them may have signed, so that one can be changed. Never shown again. */
            secrets?: string[];
            /** @description What some providers repeat when they try the address, such as the verify token of Meta. Never shown again. */
            token?: string | null;
        };
        TriggerWebhook: {
            id: string;
            url: string;
            signingKeySet: boolean;
            /** @description Only for an access token. */
            signingKey?: string;
        };
        TriggerWebhooks: {
            webhookUrls: string[];
            webhooks: components["schemas"]["TriggerWebhook"][];
            /**
             * Format: date-time
             * @description When somebody changed the trigger last, its webhooks, or its workflows.
             */
            changedAt: Date;
        };
        TriggerWorkflows: {
            workflowIds: string[];
            /**
             * Format: date-time
             * @description When somebody changed the trigger last, its webhooks, or its workflows.
             */
            changedAt: Date;
        };
        TriggersConfigurePropRequest: {
            /** @description Key of the component. */
            id: string;
            externalUserId: string;
            propName: string;
            version?: string | null;
            blocking?: boolean | null;
            /** @description What is filled in so far. */
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
            /** @description From 0. */
            page?: number | null;
            /** @description The `context` of the page before. */
            prevContext?: {
                [key: string]: unknown;
            } | null;
            query?: string | null;
        };
        TriggersDeployRequest: {
            /** @description Key of the trigger. */
            id: string;
            externalUserId: string;
            version?: string | null;
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
            /** @description A workflow of which each event starts a run, for the trigger's user. Not with a connect token. */
            workflowId?: string | null;
            webhookUrl?: components["schemas"]["WebhookURL"] | null;
            emitOnDeploy?: boolean | null;
            intake?: components["schemas"]["TriggerIntakeInput"];
        };
        TriggersListRequest: {
            /** @description Words, each of which has to be found. */
            q?: string;
            /** @description Slug or id. */
            app?: string;
            /**
             * @description The default is all: what ships, and the workspace's own.
             * @enum {string}
             */
            registry?: "public" | "private" | "all";
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        TriggersReloadPropsRequest: {
            /** @description Key of the component. */
            id: string;
            externalUserId: string;
            version?: string | null;
            blocking?: boolean | null;
            configuredProps?: {
                [key: string]: unknown;
            } | null;
            dynamicPropsId?: string | null;
        };
        TriggersRetrieveRequest: {
            /** @description The default is the newest. */
            version?: string;
        };
        UsageListRequest: {
            /**
             * Format: int64
             * @description Seconds since 1970.
             */
            startTs: number;
            /**
             * Format: int64
             * @description Seconds since 1970, later than `start_ts`, by 400 days at most.
             */
            endTs: number;
            projectId?: string;
            /**
             * @description Absent = both.
             * @enum {string}
             */
            environment?: "development" | "production";
        };
        UsageListResponse: {
            data: components["schemas"]["ConnectUsage"][];
        };
        UsersListRequest: {
            /** @description Part of the external id. */
            q?: string;
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        /** @description Times are epoch seconds, but for `changed_at`. */
        Webhook: {
            id: string;
            url: string;
            signingKeySet: boolean;
            /** @description 64 hex characters; the key is this text. */
            signingKey?: string;
            /** @description The same key as the libraries of Standard Webhooks take it. */
            standardSecret?: string;
            status?: components["schemas"]["WebhookStatus"];
            /**
             * Format: int64
             * @description While paused: when one delivery tries again.
             */
            pausedUntil?: number;
            /**
             * Format: int64
             * @description Absent when the last send succeeded.
             */
            failingSince?: number;
            /** Format: int64 */
            lastSuccessAt?: number;
            /**
             * @description gone: the receiver answered 410; failing: nothing arrived for five days; manual: a person did it.
             * @enum {string}
             */
            disabledReason?: "gone" | "failing" | "manual";
            /** Format: int64 */
            createdAt: number;
            /** Format: int64 */
            updatedAt: number;
            /**
             * Format: date-time
             * @description The same as `updated_at`, to the microsecond: what `unchanged_since` is.
             */
            changedAt: Date;
        };
        /**
         * @description paused: the receiver failed five times in a row, or half of the last twenty times, or asked for a pause; nothing is sent but one delivery now and
         *     then, and when that arrives all follow. disabled: deliveries wait until the URL is set again.
         * @enum {string}
         */
        WebhookStatus: "active" | "paused" | "disabled";
        WebhookURL: string;
        WebhookWithSigningKey: {
            data: components["schemas"]["Webhook"];
        };
        Workflow: {
            id: string;
            name: string;
            active: boolean;
            /** @description The running version; 0 = never deployed. */
            version: number;
            /** @description Of the definition. */
            key?: string | null;
            canary?: components["schemas"]["WorkflowCanary"] | null;
            draft: components["schemas"]["WorkflowDefinition"];
            /** @description Whether the draft is not the running version. */
            draftDiffers: boolean;
            readiness?: components["schemas"]["WorkflowReadiness"];
            endpoint: components["schemas"]["WorkflowEndpoint"];
            /** Format: date-time */
            createdAt: Date;
            /** Format: date-time */
            updatedAt: Date;
        };
        /** @description Another version that gets a share of the runs. */
        WorkflowCanary: {
            version: number;
            percent: number;
        };
        WorkflowDefinition: {
            [key: string]: unknown;
        };
        WorkflowEndpoint: {
            endpointId: string;
            url: string;
            hostUrl: string;
            /** @enum {string} */
            auth: "none" | "bearer" | "oauth" | "hmac";
            /** @description Shown once. */
            bearerToken?: string;
        };
        WorkflowReadiness: {
            /** @description Of what concerns the workflow, the share that is done: 0 to 100. */
            score: number;
            checks: components["schemas"]["ReadinessCheck"][];
        };
        WorkflowsListRequest: {
            /** @description The `end_cursor` of the page before. */
            after?: string;
            /** @description The `start_cursor` of the page after. */
            before?: string;
            /** @description Items a page; the default is 50. */
            limit?: number;
        };
        WorkflowsRunRequest: {
            /** @description For whom; without it for nobody. */
            externalUserId?: string;
            accountMap?: components["schemas"]["AccountMap"];
            /** @description What is given to the run. */
            body?: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Account = components['schemas']['Account'];
export type AccountHealth = components['schemas']['AccountHealth'];
export type AccountMap = components['schemas']['AccountMap'];
export type AccountState = components['schemas']['AccountState'];
export type AccountsCreateRequest = components['schemas']['AccountsCreateRequest'];
export type AccountsListByExternalUserRequest = components['schemas']['AccountsListByExternalUserRequest'];
export type AccountsListRequest = components['schemas']['AccountsListRequest'];
export type AccountsRetrieveRequest = components['schemas']['AccountsRetrieveRequest'];
export type ActionCaller = components['schemas']['ActionCaller'];
export type ActionError = components['schemas']['ActionError'];
export type ActionOutcome = components['schemas']['ActionOutcome'];
export type ActionRunDetail = components['schemas']['ActionRunDetail'];
export type ActionRunState = components['schemas']['ActionRunState'];
export type ActionRunStatus = components['schemas']['ActionRunStatus'];
export type ActionRunsListRequest = components['schemas']['ActionRunsListRequest'];
export type ActionsConfigurePropRequest = components['schemas']['ActionsConfigurePropRequest'];
export type ActionsListRequest = components['schemas']['ActionsListRequest'];
export type ActionsReloadPropsRequest = components['schemas']['ActionsReloadPropsRequest'];
export type ActionsRetrieveRequest = components['schemas']['ActionsRetrieveRequest'];
export type ActionsRunRequest = components['schemas']['ActionsRunRequest'];
export type Annotations = components['schemas']['Annotations'];
export type App = components['schemas']['App'];
export type AppCategory = components['schemas']['AppCategory'];
export type AppConnect = components['schemas']['AppConnect'];
export type AppOverride = components['schemas']['AppOverride'];
export type AppOverridesCreateRequest = components['schemas']['AppOverridesCreateRequest'];
export type AppOverridesListRequest = components['schemas']['AppOverridesListRequest'];
export type AppOverridesUpdateRequest = components['schemas']['AppOverridesUpdateRequest'];
export type AppsListRequest = components['schemas']['AppsListRequest'];
export type AppsRetrieveResponse = components['schemas']['AppsRetrieveResponse'];
export type AuthMethod = components['schemas']['AuthMethod'];
export type Cfmap = components['schemas']['Cfmap'];
export type ClientCertificate = components['schemas']['ClientCertificate'];
export type Component = components['schemas']['Component'];
export type ComponentBody = components['schemas']['ComponentBody'];
export type ComponentOrigin = components['schemas']['ComponentOrigin'];
export type ComponentsConfigurePropRequest = components['schemas']['ComponentsConfigurePropRequest'];
export type ComponentsListRequest = components['schemas']['ComponentsListRequest'];
export type ComponentsReloadPropsRequest = components['schemas']['ComponentsReloadPropsRequest'];
export type ComponentsRetrieveRequest = components['schemas']['ComponentsRetrieveRequest'];
export type ConfigurableProp = components['schemas']['ConfigurableProp'];
export type ConnectToken = components['schemas']['ConnectToken'];
export type ConnectTokenValidation = components['schemas']['ConnectTokenValidation'];
export type ConnectUsage = components['schemas']['ConnectUsage'];
export type DeployedTriggersDeleteRequest = components['schemas']['DeployedTriggersDeleteRequest'];
export type DeployedTriggersListEventsRequest = components['schemas']['DeployedTriggersListEventsRequest'];
export type DeployedTriggersListEventsResponse = components['schemas']['DeployedTriggersListEventsResponse'];
export type DeployedTriggersListRequest = components['schemas']['DeployedTriggersListRequest'];
export type DeployedTriggersListWebhooksRequest = components['schemas']['DeployedTriggersListWebhooksRequest'];
export type DeployedTriggersListWorkflowsRequest = components['schemas']['DeployedTriggersListWorkflowsRequest'];
export type DeployedTriggersRegenerateWebhookSigningKeyRequest = components['schemas']['DeployedTriggersRegenerateWebhookSigningKeyRequest'];
export type DeployedTriggersRetrieveRequest = components['schemas']['DeployedTriggersRetrieveRequest'];
export type DeployedTriggersRetrieveWebhookRequest = components['schemas']['DeployedTriggersRetrieveWebhookRequest'];
export type DeployedTriggersUpdateRequest = components['schemas']['DeployedTriggersUpdateRequest'];
export type DeployedTriggersUpdateWebhooksRequest = components['schemas']['DeployedTriggersUpdateWebhooksRequest'];
export type DeployedTriggersUpdateWorkflowsRequest = components['schemas']['DeployedTriggersUpdateWorkflowsRequest'];
export type DynamicProps = components['schemas']['DynamicProps'];
export type EmittedEvent = components['schemas']['EmittedEvent'];
export type Emitter = components['schemas']['Emitter'];
export type EmitterBody = components['schemas']['EmitterBody'];
export type Endpoint = components['schemas']['Endpoint'];
export type EndpointDisabledReason = components['schemas']['EndpointDisabledReason'];
export type EndpointInlineLimit = components['schemas']['EndpointInlineLimit'];
export type EndpointOnExhausted = components['schemas']['EndpointOnExhausted'];
export type EndpointOrdering = components['schemas']['EndpointOrdering'];
export type EndpointOrderingPath = components['schemas']['EndpointOrderingPath'];
export type EndpointPayload = components['schemas']['EndpointPayload'];
export type EndpointsCreateRequest = components['schemas']['EndpointsCreateRequest'];
export type EndpointsListRequest = components['schemas']['EndpointsListRequest'];
export type EndpointsUpdateRequest = components['schemas']['EndpointsUpdateRequest'];
export type ExternalUser = components['schemas']['ExternalUser'];
export type FileStashDownloadFileRequest = components['schemas']['FileStashDownloadFileRequest'];
export type FileStashListRequest = components['schemas']['FileStashListRequest'];
export type FileStashUploadRequest = components['schemas']['FileStashUploadRequest'];
export type HealthCause = components['schemas']['HealthCause'];
export type HealthChange = components['schemas']['HealthChange'];
export type InboundResponse = components['schemas']['InboundResponse'];
export type InboundVerify = components['schemas']['InboundVerify'];
export type LogRedaction = components['schemas']['LogRedaction'];
export type OAuthApp = components['schemas']['OAuthApp'];
export type OAuthAppCheck = components['schemas']['OAuthAppCheck'];
export type OAuthAppPreviousSecret = components['schemas']['OAuthAppPreviousSecret'];
export type OAuthAppSecret = components['schemas']['OAuthAppSecret'];
export type OAuthAppTest = components['schemas']['OAuthAppTest'];
export type OAuthToken = components['schemas']['OAuthToken'];
export type OauthAppsCreateRequest = components['schemas']['OauthAppsCreateRequest'];
export type OauthAppsListRequest = components['schemas']['OauthAppsListRequest'];
export type OauthAppsTestRequest = components['schemas']['OauthAppsTestRequest'];
export type OauthAppsUpdateRequest = components['schemas']['OauthAppsUpdateRequest'];
export type OauthTokensCreateRequest = components['schemas']['OauthTokensCreateRequest'];
export type Observation = components['schemas']['Observation'];
export type PayloadReference = components['schemas']['PayloadReference'];
export type Polling = components['schemas']['Polling'];
export type Project = components['schemas']['Project'];
export type ProjectEnvironmentRetrieveWebhookResponse = components['schemas']['ProjectEnvironmentRetrieveWebhookResponse'];
export type ProjectEnvironmentUpdateWebhookRequest = components['schemas']['ProjectEnvironmentUpdateWebhookRequest'];
export type ProjectEnvironmentUpdateWebhookResponse = components['schemas']['ProjectEnvironmentUpdateWebhookResponse'];
export type ProjectInfo = components['schemas']['ProjectInfo'];
export type ProjectInfoApp = components['schemas']['ProjectInfoApp'];
export type ProjectsCreateRequest = components['schemas']['ProjectsCreateRequest'];
export type ProjectsListRequest = components['schemas']['ProjectsListRequest'];
export type ProjectsUpdateLogoRequest = components['schemas']['ProjectsUpdateLogoRequest'];
export type ProjectsUpdateLogoResponse = components['schemas']['ProjectsUpdateLogoResponse'];
export type ProjectsUpdateRequest = components['schemas']['ProjectsUpdateRequest'];
export type PropOption = components['schemas']['PropOption'];
export type PropOptions = components['schemas']['PropOptions'];
export type ProxyBody = components['schemas']['ProxyBody'];
export type RateLimit = components['schemas']['RateLimit'];
export type RateLimitsCreateRequest = components['schemas']['RateLimitsCreateRequest'];
export type ReadinessCheck = components['schemas']['ReadinessCheck'];
export type RefreshAttempt = components['schemas']['RefreshAttempt'];
export type Run = components['schemas']['Run'];
export type RunDetail = components['schemas']['RunDetail'];
export type RunError = components['schemas']['RunError'];
export type RunFailure = components['schemas']['RunFailure'];
export type RunStatus = components['schemas']['RunStatus'];
export type RunStep = components['schemas']['RunStep'];
export type RunsListRequest = components['schemas']['RunsListRequest'];
export type ScopeProfile = components['schemas']['ScopeProfile'];
export type SignatureScheme = components['schemas']['SignatureScheme'];
export type StashFile = components['schemas']['StashFile'];
export type TokensCreateRequest = components['schemas']['TokensCreateRequest'];
export type TokensValidateRequest = components['schemas']['TokensValidateRequest'];
export type TriggerDedupe = components['schemas']['TriggerDedupe'];
export type TriggerIntakeInput = components['schemas']['TriggerIntakeInput'];
export type TriggerSplit = components['schemas']['TriggerSplit'];
export type TriggerVerificationInput = components['schemas']['TriggerVerificationInput'];
export type TriggerWebhook = components['schemas']['TriggerWebhook'];
export type TriggerWebhooks = components['schemas']['TriggerWebhooks'];
export type TriggerWorkflows = components['schemas']['TriggerWorkflows'];
export type TriggersConfigurePropRequest = components['schemas']['TriggersConfigurePropRequest'];
export type TriggersDeployRequest = components['schemas']['TriggersDeployRequest'];
export type TriggersListRequest = components['schemas']['TriggersListRequest'];
export type TriggersReloadPropsRequest = components['schemas']['TriggersReloadPropsRequest'];
export type TriggersRetrieveRequest = components['schemas']['TriggersRetrieveRequest'];
export type UsageListRequest = components['schemas']['UsageListRequest'];
export type UsageListResponse = components['schemas']['UsageListResponse'];
export type UsersListRequest = components['schemas']['UsersListRequest'];
export type Webhook = components['schemas']['Webhook'];
export type WebhookStatus = components['schemas']['WebhookStatus'];
export type WebhookUrl = components['schemas']['WebhookURL'];
export type WebhookWithSigningKey = components['schemas']['WebhookWithSigningKey'];
export type Workflow = components['schemas']['Workflow'];
export type WorkflowCanary = components['schemas']['WorkflowCanary'];
export type WorkflowDefinition = components['schemas']['WorkflowDefinition'];
export type WorkflowEndpoint = components['schemas']['WorkflowEndpoint'];
export type WorkflowReadiness = components['schemas']['WorkflowReadiness'];
export type WorkflowsListRequest = components['schemas']['WorkflowsListRequest'];
export type WorkflowsRunRequest = components['schemas']['WorkflowsRunRequest'];
