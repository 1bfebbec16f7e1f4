// Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.

/** What holds names of somebody else's: an action's result, a component's props, a user's settings. */
export const verbatim = new Set<string>(["account_map","body","cfmap","configurableProps","configurable_props","configured_props","context","credentials","draft","e","exports","fields","headers","input","output","prev_context","ret","sample_event","value"]);
/** Times in ISO 8601. */
export const times = new Set<string>(["at","changed_at","created_at","disabled_at","expires_at","failing_since","finished_at","health_since","last_at","last_refreshed_at","last_success_at","last_used_at","next_at","next_refresh_at","paused_at","paused_until","retry_at","set_at","since","started_at","suspended_at","updated_at","wake_at"]);
