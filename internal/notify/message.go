package notify

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// Message is what is told, before a channel gives it its form. Its texts may
// hold words of users: a channel shows them and never reads them as markup.
type Message struct {
	ID          string // of the notice; "" = of none
	Kind        string // event | summary | digest
	Test        bool
	EventType   string
	EventID     string
	Title       string
	Text        string
	Code        string // of the fault, for programs
	Severity    event.Severity
	Fields      []Field
	Link        string // the thing itself, in the console
	Runbook     string
	ProjectID   string
	Project     string // its name
	Environment string
	At          time.Time
	Count       int // of a summary
}

// Field is a fact beside the text.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Colours by kind.
const (
	green = 0x2ECC71
	blue  = 0x3498DB
	amber = 0xF1C40F
	red   = 0xE74C3C
	grey  = 0x95A5A6
)

// good are the events that say that something works.
var good = map[string]bool{
	event.ConnectionSuccess: true, event.AccountRecovered: true, event.OAuthAppRecovered: true, event.TriggerHeard: true, event.EndpointRecovered: true,
}

func (m *Message) colour() int {
	switch {
	case m.Kind == kindDigest:
		return grey
	case m.Severity == event.Error:
		return red
	case m.Severity == event.Warning:
		return amber
	case good[m.EventType]:
		return green
	}
	return blue
}

// headline is the title with what makes it special.
func (m *Message) headline() string {
	out := m.Title
	if m.Count > 0 {
		out += " ×" + strconv.Itoa(m.Count)
	}
	if m.Test {
		out = "Test: " + out
	}
	return out
}

// place says where it happened.
func (m *Message) place() string { return m.Project + " · " + m.Environment }

// What bodies of events say, and what people call it. Of paths with the same
// name the first that is there counts.
var (
	facts = []struct{ path, name string }{
		{"workflow.name", "Workflow"},
		{"account.app.name", "App"},
		{"oauth_app.app", "App"},
		{"app.name", "App"},
		{"oauth_app.name", "OAuth client"},
		{"account.name", "Account"},
		{"account.id", "Account"},
		{"trigger.name", "Trigger"},
		{"trigger.id", "Trigger"},
		{"endpoint.name", "Endpoint"},
		{"endpoint.url", "Endpoint"},
		{"webhook.url", "Endpoint"},
		{"webhook.id", "Endpoint"},
		{"endpoint.id", "Endpoint"},
		{"endpoint_id", "Endpoint"},
		{"delivery.event_type", "Event"},
		{"event_type", "Event"},
		{"external_user_id", "User"},
		{"error.step", "Step"},
		{"run.id", "Run"},
		{"delivery.id", "Delivery"},
		{"delivery_id", "Delivery"},
		{"delivery.attempts", "Attempts"},
		{"attempts", "Attempts"},
		{"oauth_app.provider_code", "Provider’s code"},
		{"account.expires_at", "Ends at"},
		{"connect_session_id", "Session"},
		{"last_event_at", "Last heard"},
		{"trigger.last_event_at", "Last heard"},
		{"silent_for", "Silent for"},
		{"expected_every", "Expected every"},
		{"oldest_at", "Oldest"},
		{"count", "Count"},
		{"since", "Since"},
	}
	texts = []string{"error.message", "account.error", "error", "reason", "message", "delivery.last_error", "delivery.error"}
	codes = []string{"error.code", "error_code", "account.cause", "endpoint.disabled_reason", "endpoint.reason", "reason_code", "delivery.last_error", "code", "cause"}
)

// read fills a message with what the body of its event says.
func (m *Message) read(body string) {
	var v any
	if json.Unmarshal([]byte(body), &v) != nil {
		return
	}
	had := map[string]bool{}
	for _, f := range facts {
		if text := lookup(v, f.path); text != "" && !had[f.name] {
			had[f.name] = true
			m.Fields = append(m.Fields, Field{f.name, text})
		}
	}
	for _, p := range texts {
		if m.Text == "" {
			m.Text = lookup(v, p)
		}
	}
	for _, p := range codes {
		if m.Code == "" {
			m.Code = lookup(v, p)
		}
	}
}

// lookup returns the text or number at a path of a JSON value, or "".
func lookup(v any, path string) string {
	for key := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	switch v := v.(type) {
	case string:
		if v == event.SecretMark {
			return ""
		}
		return clean(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// clean takes out what is not seen and could deceive: control characters but
// for the end of a line, and those that turn the direction of writing round.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200B', r == '\uFEFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// groupKey says which faults are the same: of one type, about one thing, for
// one cause.
func groupKey(m *Message, e *event.Event) string {
	subject := e.SubjectID
	var v any
	_ = json.Unmarshal([]byte(e.Body), &v) // what cannot be read has no better subject
	switch e.Type {
	case event.ConnectionError: // its subject is the attempt
		subject = ""
	case event.AccountUnhealthy: // when a provider is out, all its accounts are
		subject = lookup(v, "account.app.name_slug")
	case event.DeliveryExhausted:
		for _, p := range []string{"endpoint.id", "webhook.id", "endpoint_id"} {
			if at := lookup(v, p); at != "" {
				subject = at
				break
			}
		}
	}
	return e.Type + "|" + subject + "|" + m.Code
}

// groups reports whether what is said again within the hour is summed up.
func groups(s event.Severity) bool { return s != event.Info }

// where knows the names and addresses that messages show.
type where struct {
	projectID, project, environment string
	publicURL                       string
}

// runbook returns where it says what to do: the route's own page, or ours.
func (w *where) runbook(own, eventType string) string {
	if own != "" {
		return strings.ReplaceAll(own, "{event_type}", eventType)
	}
	return w.publicURL + "/runbook#" + Anchor(eventType)
}

// Anchor is the anchor of an event type's section in RUNBOOK.md.
func Anchor(eventType string) string {
	return strings.ToLower(strings.ReplaceAll(eventType, ".", ""))
}

// pages are the console's pages of events' subjects, by the beginning of the id.
var pages = map[string]string{"apn": "accounts/%s", "run": "runs/%s", "p": "workflows/%s", "dlv": "deliveries/%s", "whk": "webhook"}

// link returns the console's page of a thing, or of the environment.
func (w *where) link(subject string) string {
	at := w.publicURL + "/projects/" + w.projectID + "/" + w.environment
	prefix, _, ok := strings.Cut(subject, "_")
	page, known := pages[prefix]
	switch {
	case !ok || !known:
		return at
	case strings.Contains(page, "%"):
		return at + "/" + fmt.Sprintf(page, subject)
	default:
		return at + "/" + page
	}
}

// ofEvent makes the message of an event.
func (w *where) ofEvent(r *Route, e *event.Event) *Message {
	k, _ := event.KindOf(e.Type)
	m := &Message{
		Kind: kindEvent, EventType: e.Type, EventID: e.ID, Title: k.Title, Severity: k.Severity, Link: w.link(e.SubjectID), Runbook: w.runbook(r.RunbookURL, e.Type),
		ProjectID: w.projectID, Project: clean(w.project), Environment: w.environment, At: e.CreatedAt.UTC(),
	}
	m.read(e.Body)
	for _, f := range m.Fields {
		if f.Name == "Run" { // says more than its workflow does
			m.Link = w.link(f.Value)
		}
	}
	return m
}

// ofGroup makes the summary of a group.
func (w *where) ofGroup(r *Route, g *Group) *Message {
	k, _ := event.KindOf(g.EventType)
	const at = "15:04:05 MST"
	z := zone(r.TimeZone)
	m := &Message{
		Kind: kindSummary, EventType: g.EventType, Title: k.Title, Severity: k.Severity, Count: g.Count, Link: w.link(""), Runbook: w.runbook(r.RunbookURL, g.EventType),
		ProjectID: w.projectID, Project: clean(w.project), Environment: w.environment, At: g.LastAt.UTC(),
		Text:   "The same happened again within an hour of the first notice.",
		Fields: []Field{{"What", clean(g.Title)}, {"Times", strconv.Itoa(g.Count)}, {"First", g.FirstAt.In(z).Format(at)}, {"Last", g.LastAt.In(z).Format(at)}},
	}
	parts := strings.SplitN(g.Key, "|", 3)
	if len(parts) == 3 {
		m.Link, m.Code = w.link(parts[1]), parts[2]
	}
	return m
}
