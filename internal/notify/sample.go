package notify

import (
	"cmp"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// bodies are what events of each type may look like, for previews and tests of routes.
var bodies = map[string]string{
	event.ConnectionSuccess: `{"external_user_id":"user-42","account":{"id":"apn_example","name":"ada@example.com","app":{"name":"Acme CRM"}}}`,
	event.ConnectionError:   `{"external_user_id":"user-42","error":"The provider said no.","error_code":"oauth_denied"}`,
	event.AccountUnhealthy:  sampleAccount("provider_unreachable", "The provider did not answer the refresh."),
	event.AccountDead:       sampleAccount("revoked", "The provider no longer accepts this connection."),
	event.AccountRecovered:  sampleAccount("", ""),
	event.AccountExpiring:   `{"external_user_id":"user-42","account":{"id":"apn_example","name":"ada@example.com","expires_at":"2030-01-01T09:00:00.000Z","app":{"name":"Acme CRM"}}}`,
	event.AccountDeleted:    sampleAccount("", ""),
	event.OAuthAppSuspended: `{"oauth_app":{"name":"Acme production","app":"acme_crm","provider_code":"invalid_client"}}`,
	event.OAuthAppRecovered: `{"oauth_app":{"name":"Acme production","app":"acme_crm"}}`,
	event.TriggerSilent:     `{"external_user_id":"user-42","trigger":{"id":"hi_example","name":"New contacts"},"message":"Nothing was heard for longer than expected."}`,
	event.TriggerHeard:      `{"external_user_id":"user-42","trigger":{"id":"hi_example","name":"New contacts"}}`,
	event.WorkflowFailed:    `{"external_user_id":"user-42","workflow":{"name":"Welcome a customer"},"run":{"id":"run_example"},"error":{"code":"step_failed","message":"The app answered 500.","step":"create_contact"}}`,
	event.EndpointFailing:   sampleEndpoint("Five sends in a row failed."),
	event.EndpointDisabled:  sampleEndpoint("Nothing arrived for days."),
	event.EndpointRecovered: sampleEndpoint(""),
	event.DeliveryExhausted: `{"endpoint":{"url":"https://app.example.com/hooks"},"delivery":{"id":"dlv_example","event_type":"ACCOUNT_DEAD","attempts":9,"error":"status 500"}}`,
	event.DeadLettersOld:    `{"count":12,"oldest_at":"2030-01-01T09:00:00.000Z"}`,
	event.RequestUnrouted:   `{"message":"No user belongs to the value of the routing field."}`,
	event.RequestsRejected:  `{"count":5,"message":"Their signatures are false."}`,
}

func sampleAccount(cause, sentence string) string {
	more := ""
	if cause != "" {
		more = `"cause":"` + cause + `","error":"` + sentence + `",`
	}
	return `{"external_user_id":"user-42","account":{"id":"apn_example","name":"ada@example.com",` + more + `"app":{"name":"Acme CRM"}}}`
}

func sampleEndpoint(reason string) string {
	more := ""
	if reason != "" {
		more = `,"reason":"` + reason + `"`
	}
	return `{"endpoint":{"url":"https://app.example.com/hooks"}` + more + `}`
}

// sample is a message of an event that did not happen.
func (w *where) sample(r *Route, eventType string, now time.Time) *Message {
	e := &event.Event{Type: eventType, Body: cmp.Or(bodies[eventType], "{}"), CreatedAt: now}
	return w.ofEvent(r, e)
}
