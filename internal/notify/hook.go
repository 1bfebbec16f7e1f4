package notify

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// Told is the body that a generic webhook gets.
type Told struct {
	Type        string         `json:"type"` // notification
	ID          string         `json:"id"`   // stable when it is sent again
	Kind        string         `json:"kind"` // event | summary | digest
	Test        bool           `json:"test"`
	EventType   string         `json:"event_type,omitempty"`
	EventID     string         `json:"event_id,omitempty"`
	Severity    event.Severity `json:"severity"`
	Title       string         `json:"title"`
	Text        string         `json:"text,omitempty"`
	Code        string         `json:"code,omitempty"`
	Count       int            `json:"count,omitempty"`
	Fields      []Field        `json:"fields"`
	ProjectID   string         `json:"project_id"`
	Project     string         `json:"project"`
	Environment string         `json:"environment"`
	URL         string         `json:"url"`
	RunbookURL  string         `json:"runbook_url"`
	CreatedAt   string         `json:"created_at"`
}

// hook makes the body for one notice.
func hook(m *Message) any {
	fields := m.Fields
	if fields == nil {
		fields = []Field{}
	}
	return Told{
		Type: "notification", ID: m.ID, Kind: m.Kind, Test: m.Test, EventType: m.EventType, EventID: m.EventID, Severity: m.Severity, Title: m.Title,
		Text: m.Text, Code: m.Code, Count: m.Count, Fields: fields, ProjectID: m.ProjectID, Project: m.Project, Environment: m.Environment,
		URL: m.Link, RunbookURL: m.Runbook, CreatedAt: m.At.UTC().Format(time.RFC3339),
	}
}
