package rename

// A user is renamed at two times. What is under way goes on under the new id from the
// transaction on that renames their row (atOnce); what happened follows in batches
// (inBatches). Everything else that a user has is found by the id of ours, which stays.
// TestEveryColumnIsListed holds the lists against the schema.

// place is a table with a column that holds the customer's own id of a user, and which
// of its rows are meant. A condition is about @from and @to, the ids; @id, that of ours;
// and @since and @until, between which rows were written that are the user's.
type place struct {
	kind, table, where string
	set                string // "" = external_user_id
}

const byUser = "external_user_id = @to"

func (p place) assignment() string {
	if p.set == "" {
		return byUser
	}
	return p.set
}

const between = " AND created_at >= @since AND created_at <= @until"

// atOnce are the rows by which something goes on: looked up later under the former id,
// the user would not be there.
var atOnce = []place{
	{kind: "runs", table: "runs", where: "external_user_id = @from AND finished_at IS NULL" + between},
	{kind: "action_runs", table: "action_runs", where: "external_user_id = @from AND finished_at IS NULL" + between},
	// A time that was due is not due again under the other id.
	{kind: "firings", table: "workflow_firings", where: "external_user_id = @from AND due_at >= @since AND (state = 'waiting' OR due_at >= CAST(@until AS timestamptz) - interval '1 day')"},
	// What follows about the user comes behind what waits.
	{
		table: "deliveries", set: "ordering_key = 'user:' || @to",
		where: "ordering_key = 'user:' || @from AND state IN ('pending', 'sending', 'exhausted')" + between + " AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE ordering = 'user')",
	},
}

// accountsOf are the accounts that the user has and had.
const accountsOf = "account_id IN (SELECT id FROM accounts WHERE user_id = @id UNION SELECT account_id FROM revocations WHERE external_user_id IN (@from, @to))"

var inBatches = []place{
	{kind: "runs", table: "runs", where: "external_user_id = @from" + between},
	{kind: "firings", table: "workflow_firings", where: "external_user_id = @from AND due_at >= @since AND due_at <= @until AND NOT EXISTS (SELECT FROM workflow_firings f WHERE f.trigger_id = workflow_firings.trigger_id AND f.due_at = workflow_firings.due_at AND f.external_user_id = @to)"},
	// Their deliveries are found by events under either id, so they come first.
	{kind: "deliveries", table: "deliveries", where: "external_user_id = @from AND event_id IN (SELECT id FROM events WHERE external_user_id IN (@from, @to)" + between + ")"},
	{kind: "events", table: "events", where: "external_user_id = @from" + between},
	{kind: "action_runs", table: "action_runs", where: "external_user_id = @from" + between},
	{kind: "requests", table: "proxy_requests", where: "external_user_id = @from AND " + accountsOf + between},
	{kind: "connect_sessions", table: "connect_sessions", where: "external_user_id = @from" + between},
	{kind: "files", table: "stash_files", where: "external_user_id = @from" + between},
	{kind: "import_rows", table: "import_rows", where: "external_user_id = @from AND import_id IN (SELECT id FROM imports WHERE created_at >= @since AND created_at <= @until)"},
	{kind: "replays", table: "replays", set: inFilter, where: "filter->>'external_user_id' = @from" + between},
	{kind: "replays", table: "run_replays", set: inFilter, where: "filter->>'external_user_id' = @from" + between},
	// By these the accounts are known that are gone: they come last.
	{kind: "revocations", table: "revocations", where: "external_user_id = @from" + between},
}

const inFilter = "filter = jsonb_set(filter, '{external_user_id}', to_jsonb(CAST(@to AS text)))"

// otherwise says of each other column that holds such an id what becomes of it.
var otherwise = map[string]string{
	"external_users.external_id":   "the user's own row, which is renamed",
	"usage_days.external_user_id":  "moved by rename_usage, which adds up",
	"usage_notes.external_user_id": "folded into days within seconds, which are moved",
	"audit_log.external_user_id":   "nothing of it is ever changed: it tells under which id something was done, and of the change itself",
	"erasures.external_user_id":    "of users who were deleted; who is being erased is not renamed",
	"directory_users.external_id":  "of people who run the product",
	"directory_groups.external_id": "of people who run the product",
}
