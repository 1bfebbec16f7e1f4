package event

// Severity is how much an event asks of the people who run the product.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning" // something is wrong, and may mend itself
	Error   Severity = "error"   // somebody has to do something
)

// The types of events.
const (
	ConnectionSuccess = "CONNECTION_SUCCESS"
	ConnectionError   = "CONNECTION_ERROR"

	AccountUnhealthy = "ACCOUNT_UNHEALTHY" // something is wrong; it is tried again
	AccountDead      = "ACCOUNT_DEAD"      // only the user can mend it
	AccountRecovered = "ACCOUNT_RECOVERED" // it works again
	AccountExpiring  = "ACCOUNT_EXPIRING"  // soon only the user can renew it
	AccountDeleted   = "ACCOUNT_DELETED"

	OAuthAppSuspended = "OAUTH_APP_SUSPENDED" // its provider does not accept it
	OAuthAppRecovered = "OAUTH_APP_RECOVERED"

	TriggerEmitted = "trigger.emitted" // its body is what the trigger emitted
	TriggerSilent  = "TRIGGER_SILENT"
	TriggerHeard   = "TRIGGER_HEARD"  // again, after a silence
	TriggerPaused  = "TRIGGER_PAUSED" // it failed for too long
	RenewalFailed  = "TRIGGER_RENEWAL_FAILED"

	WorkflowFailed  = "WORKFLOW_FAILED"
	WorkflowEmitted = "WORKFLOW_EMITTED" // of a kind of the customer's own
	WorkflowPaused  = "WORKFLOW_PAUSED"  // too many of its runs failed in a row
	DeadRunsOld     = "DEAD_RUNS_OLD"

	EndpointFailing   = "ENDPOINT_FAILING"
	EndpointDisabled  = "ENDPOINT_DISABLED"
	EndpointRecovered = "ENDPOINT_RECOVERED"
	DeliveryExhausted = "DELIVERY_EXHAUSTED"
	DeadLettersOld    = "DEAD_LETTERS_OLD"
	RequestUnrouted   = "REQUEST_UNROUTED"
	RequestsRejected  = "REQUESTS_REJECTED"

	QuotaNear    = "QUOTA_NEAR"    // most of a month's quota is used
	QuotaReached = "QUOTA_REACHED" // all of it
)

// Kind says what events of a type are about. Platform events tell of the
// delivery itself: an endpoint hears of them only if it asks for them by name.
type Kind struct {
	Type     string
	Title    string
	Severity Severity
	Platform bool
}

// Kinds are all types of events, in the order in which people look for them.
var Kinds = []Kind{
	{Type: ConnectionSuccess, Title: "An account was connected", Severity: Info},
	{Type: ConnectionError, Title: "An account could not be connected", Severity: Warning},
	{Type: AccountUnhealthy, Title: "An account has a fault", Severity: Warning},
	{Type: AccountDead, Title: "An account has to be connected again", Severity: Error},
	{Type: AccountRecovered, Title: "An account works again", Severity: Info},
	{Type: AccountExpiring, Title: "An account ends soon", Severity: Warning},
	{Type: AccountDeleted, Title: "An account was deleted", Severity: Info},
	{Type: OAuthAppSuspended, Title: "An OAuth client is not accepted", Severity: Error},
	{Type: OAuthAppRecovered, Title: "An OAuth client is accepted again", Severity: Info},
	{Type: TriggerEmitted, Title: "A trigger emitted an event", Severity: Info},
	{Type: TriggerSilent, Title: "A trigger is silent", Severity: Warning, Platform: true},
	{Type: TriggerHeard, Title: "A trigger is heard again", Severity: Info, Platform: true},
	{Type: RenewalFailed, Title: "A trigger cannot renew what it has at the app", Severity: Warning, Platform: true},
	{Type: TriggerPaused, Title: "A trigger was paused", Severity: Error, Platform: true},
	{Type: WorkflowFailed, Title: "A workflow failed", Severity: Error, Platform: true},
	{Type: WorkflowEmitted, Title: "A workflow emitted an event", Severity: Info},
	{Type: WorkflowPaused, Title: "A workflow was paused", Severity: Error, Platform: true},
	{Type: DeadRunsOld, Title: "Failed runs grow old", Severity: Warning, Platform: true},
	{Type: EndpointFailing, Title: "A webhook endpoint fails", Severity: Warning, Platform: true},
	{Type: EndpointDisabled, Title: "A webhook endpoint was disabled", Severity: Error, Platform: true},
	{Type: EndpointRecovered, Title: "A webhook endpoint works again", Severity: Info, Platform: true},
	{Type: DeliveryExhausted, Title: "A delivery was given up", Severity: Error, Platform: true},
	{Type: DeadLettersOld, Title: "Dead letters grow old", Severity: Warning, Platform: true},
	{Type: RequestUnrouted, Title: "A request could not be given to a user", Severity: Warning, Platform: true},
	{Type: QuotaNear, Title: "A quota is nearly used up", Severity: Warning, Platform: true},
	{Type: QuotaReached, Title: "A quota is used up", Severity: Error, Platform: true},
	{Type: RequestsRejected, Title: "Requests with a false signature", Severity: Warning, Platform: true},
}

// KindOf returns the kind of a type, and false for one that there is not.
func KindOf(eventType string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Type == eventType {
			return k, true
		}
	}
	return Kind{}, false
}
