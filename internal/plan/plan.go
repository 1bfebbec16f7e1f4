// Package plan says how much may be used: rates, by the names of package limit,
// and quotas, which are so much of a kind of usage in a month (UTC).
//
// The server has rates for everybody. The operator names plans and attaches them
// to workspaces: a plan has rates of its own in place of the server's, and quotas.
// A project sets its own below that. Without a plan there is no quota.
package plan

import (
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// Quota is how much may be used in a month.
type Quota struct {
	Most   int64 `json:"most"`
	Refuse bool  `json:"refuse,omitempty"` // what is beyond it; or it is only told of
}

// Terms are rates and quotas, by name.
type Terms struct {
	Limits map[string]limit.Rate `json:"limits,omitempty"`
	Quotas map[string]Quota      `json:"quotas,omitempty"`
}

// Plan is terms with a name, for workspaces.
type Plan struct {
	Name      string
	Title     string
	Terms     Terms `gorm:"serializer:json"`
	UpdatedAt time.Time

	Workspaces int `gorm:"->"` // that it is attached to; in a list
}

// Kinds are what a quota can be of.
var Kinds = append(slices.Clone(usage.Kinds), usage.Credits)

// Refusable are the kinds that can be refused. What an app sent, and what is told of
// it, would be lost.
var Refusable = []string{usage.Connects, usage.ActionRuns, usage.ProxyCalls, usage.WorkflowRuns, usage.Credits}

// The faults of terms, and of what is beyond them.
var (
	ErrNotFound  = fault.New(fault.NotFound, "plan_not_found", "There is no such plan.")
	ErrWorkspace = fault.New(fault.NotFound, "workspace_not_found", "There is no such workspace.")
	ErrAttached  = fault.New(fault.Conflict, "plan_attached", "The plan is attached to a workspace. Attach another one first.")
	ErrName      = fault.New(fault.Invalid, "plan_name", "A plan's name has 1 to 50 of a-z, 0-9, - and _ and begins with one of the former; its title has 1 to 120 characters.").At("name")
	ErrLimit     = fault.New(fault.Invalid, "limit_unknown", "There is no limit of that name.").At("limits")
	ErrKind      = fault.New(fault.Invalid, "quota_unknown", "There is no quota of that kind.").At("kind")
	ErrMost      = fault.New(fault.Invalid, "quota_most", "A quota is 0 to 1,000,000,000,000.").At("most")
	ErrRefuse    = fault.New(fault.Invalid, "quota_refuse", "Events of triggers and deliveries cannot be refused: they would be lost. Their quotas warn.").At("at_full")
	ErrExceeded  = fault.New(fault.Forbidden, "quota_exceeded", "The quota of this month is used up.")
)

const mostQuota = 1_000_000_000_000

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,49}$`)

// Validate returns the first rule that the plan breaks.
func (p *Plan) Validate() error {
	if n := utf8.RuneCountInString(p.Title); !nameForm.MatchString(p.Name) || n < 1 || n > 120 {
		return ErrName
	}
	return p.Terms.Validate()
}

// Validate returns the first rule that the terms break.
func (t *Terms) Validate() error {
	for _, name := range slices.Sorted(maps.Keys(t.Limits)) {
		if !slices.ContainsFunc(limit.Published, func(n limit.Named) bool { return n.Name == name }) {
			return ErrLimit
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(t.Quotas)) {
		q := t.Quotas[kind]
		switch {
		case !slices.Contains(Kinds, kind):
			return ErrKind
		case q.Most < 0 || q.Most > mostQuota:
			return ErrMost
		case q.Refuse && !slices.Contains(Refusable, kind):
			return ErrRefuse
		}
	}
	return nil
}

// The quotas that hold for one use: of its kind, and of credits where it costs some.
func counted(kind string) []string {
	if kind == usage.ActionRuns || kind == usage.ProxyCalls {
		return []string{kind, usage.Credits}
	}
	return []string{kind}
}
