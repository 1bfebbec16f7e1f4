// Package notify tells the people who run a product what happened to it: in
// Discord, Slack, Microsoft Teams, by e-mail, or at a URL of their own.
//
// A route says who is told of what. A notice is a row: one event on its way
// along one route. It is written in the transaction of its event and sent by a
// worker that holds the route under a lease, so that sending never holds up or
// fails the work that caused it. A notice is sent at least once.
package notify

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// TaskSend nudges a worker to look at a route.
const TaskSend = "notify:send"

// RoutePrefix begins the ids of routes.
const RoutePrefix = "nrt"

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "notification_route_not_found", "There is no such notification route.")
	ErrName     = fault.New(fault.Invalid, "route_name", "A name has 1 to %d characters.", maxName).At("name")
	ErrChannel  = fault.New(fault.Invalid, "route_channel", "A channel is one of discord, slack, teams, email and webhook.").At("channel")
	ErrReach    = fault.New(fault.Invalid, "route_reach", "A route reaches over an environment, a project or a workspace.").At("reach")
	ErrTarget   = fault.New(fault.Invalid, "route_target", "This channel needs a URL.").At("url")
	ErrDiscord  = fault.New(fault.Invalid, "route_target", "A Discord webhook looks like https://discord.com/api/webhooks/{id}/{token}.").At("url")
	ErrAddress  = fault.New(fault.Invalid, "route_target", "Give 1 to %d e-mail addresses.", maxAddresses).At("addresses")
	ErrNoMail   = fault.New(fault.Invalid, "email_not_configured", "This installation sends no e-mail. Its operator can set PATCHBAY_SMTP_URL and PATCHBAY_SMTP_FROM.").At("channel")
	ErrSeverity = fault.New(fault.Invalid, "route_severities", "Severities are info, warning and error; give at least one.").At("severities")
	ErrTypes    = fault.New(fault.Invalid, "route_event_types", "Name at least one type of event that there is, or a beginning with * such as ACCOUNT_*. %s is never told of: it would be told for each request.", event.TriggerEmitted).At("event_types")
	ErrZone     = fault.New(fault.Invalid, "route_time_zone", "A time zone has a name such as Europe/Berlin.").At("time_zone")
	ErrMute     = fault.New(fault.Invalid, "route_mutes", "A mute window names days (mon to sun) and two times such as 22:00 and 07:00.").At("mutes")
	ErrRunbook  = fault.New(fault.Invalid, "route_runbook_url", "A runbook is an http or https URL of up to %d characters.", maxURL).At("runbook_url")
	ErrDigest   = fault.New(fault.Invalid, "route_digest", "A digest is off, daily or weekly, at a time such as 09:00, and weekly on a day.").At("digest")
	ErrTooMany  = fault.New(fault.Conflict, "too_many_routes", "A project has up to %d notification routes.", maxRoutes)
)

const (
	maxName      = 120
	maxURL       = 2000
	maxAddresses = 20
	maxMutes     = 20
	maxRoutes    = 100
)

// Channel is a way to people.
type Channel string

// The channels.
const (
	Discord Channel = "discord"
	Slack   Channel = "slack"
	Teams   Channel = "teams"
	Email   Channel = "email"
	Webhook Channel = "webhook"
)

// Reach is how far a route reaches: one environment, both of a project, or all
// of a workspace's.
type Reach string

// The reaches.
const (
	OfEnvironment Reach = "environment"
	OfProject     Reach = "project"
	OfWorkspace   Reach = "workspace"
)

// Settings are what a person says of a route.
type Settings struct {
	Name       string
	Channel    Channel
	Reach      Reach
	URL        string   // "" = as before
	Addresses  []string // for Email; nil = as before
	Severities []event.Severity
	EventTypes []string // one may end in *
	TimeZone   string
	Mutes      []Mute
	MutedUntil *time.Time
	RunbookURL string // "" = ours
	Enabled    bool
	Digest     Digest
}

// Mute is a window in which a route is silent. One that ends before it begins
// ends on the next day.
type Mute struct {
	Days []string `json:"days"` // mon … sun, on which it begins
	From string   `json:"from"` // 22:00
	To   string   `json:"to"`   // 07:00
}

// Digest is what a route sums up, and when.
type Digest struct {
	Every string `json:"every"` // off | daily | weekly
	At    string `json:"at"`    // 09:00
	Day   string `json:"day"`   // mon … sun, for weekly
	Empty bool   `json:"empty"` // also when nothing happened
}

// Route is where somebody is told.
type Route struct {
	ID           string
	WorkspaceID  string
	ProjectID    *string
	Environment  *string // its name
	Name         string
	Channel      Channel
	Target       []byte // sealed
	Shown        string
	Severities   []event.Severity `gorm:"serializer:json"`
	EventTypes   []string         `gorm:"serializer:json"`
	TimeZone     string
	Mutes        []Mute `gorm:"serializer:json"`
	MutedUntil   *time.Time
	RunbookURL   string
	Enabled      bool
	OffReason    *Code  // why we switched it off; nil = a person did
	Digest       Digest `gorm:"serializer:json"`
	NextDigestAt *time.Time
	DigestFrom   *time.Time
	Breaker      Breaker
	OpenUntil    *time.Time
	OpenLevel    int
	Failures     int
	WaitUntil    *time.Time
	LeaseID      string
	LeaseUntil   *time.Time
	LastSentAt   *time.Time
	LastError    *Code
	LastDetail   string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// TableName maps the noun to its table.
func (Route) TableName() string { return "notification_routes" }

// Reach returns how far the route reaches.
func (r *Route) Reach() Reach {
	switch {
	case r.ProjectID == nil:
		return OfWorkspace
	case r.Environment == nil:
		return OfProject
	}
	return OfEnvironment
}

// Status is how a route is, in a word: active, muted, paused or off.
func (r *Route) Status(now time.Time) string {
	switch {
	case !r.Enabled:
		return "off"
	case r.Breaker == Open:
		return "paused"
	case r.muted(now):
		return "muted"
	}
	return "active"
}

// State is where a notice stands: pending -> sending -> sent or failed, or back
// to pending. One that is not to be sent by itself goes from pending to grouped,
// muted or empty.
type State string

// The states.
const (
	Pending State = "pending"
	Sending State = "sending"
	Sent    State = "sent"
	Failed  State = "failed"
	Grouped State = "grouped" // its group has told of it, or will
	Muted   State = "muted"
	Empty   State = "empty" // a digest of nothing
)

// The kinds of notices.
const (
	kindEvent   = "event"
	kindSummary = "summary"
	kindDigest  = "digest"
)

// Notice is one thing to tell, on its way along one route.
type Notice struct {
	ID            string
	RouteID       string
	Kind          string // event | summary | digest
	EventID       string // "" = of none
	EventType     string
	Severity      event.Severity
	Title         string
	GroupID       *string
	PeriodFrom    *time.Time // of a digest
	PeriodTo      *time.Time
	State         State
	Attempts      int
	NextAttemptAt time.Time
	LeaseID       string
	LeaseUntil    *time.Time
	Code          *Code
	Detail        string
	CreatedAt     time.Time
	FinishedAt    *time.Time
}

// Group is one fault that was heard of again and again within an hour.
type Group struct {
	ID        string
	RouteID   string
	Key       string
	EventType string
	Title     string
	Count     int
	FirstAt   time.Time
	LastAt    time.Time
	Until     time.Time
}

// TableName maps the noun to its table.
func (Group) TableName() string { return "notice_groups" }
