package run

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Settings are how a trigger takes its events, as its definition says.
func Settings(t *workflow.Trigger) *intake.Settings {
	out := &intake.Settings{Filter: workflow.Inner(t.Filter)}
	if t.Dedupe != nil {
		out.Dedupe = &intake.Dedupe{Expression: workflow.Inner(t.Dedupe.Expression), Window: t.Dedupe.Window}
		if out.Dedupe.Window == 0 {
			out.Dedupe.Window = int(intake.DefaultWindow / time.Second)
		}
	}
	if t.Split != nil {
		out.Split = &intake.Split{Path: t.Split.Path, ID: t.Split.ID, Key: t.Split.Key}
	}
	if r := t.Response; r != nil && r.Mode == workflow.ReplyStatic {
		out.Response = &intake.Response{Status: r.Status, ContentType: r.ContentType, Body: r.Body}
	}
	return out
}

// as returns how a workflow's address takes its requests: as its definition says,
// and as is set beside it where that says nothing. A trigger that wants signatures
// takes nothing while there is no saying how requests are signed.
func as(set *intake.Settings, t *workflow.Trigger) (*intake.Settings, error) {
	if t.Auth == workflow.AuthHMAC && set.Verification == nil {
		return nil, inbound.ErrNoSecret
	}
	said, out := Settings(t), *set
	if said.Filter != "" {
		out.Filter = said.Filter
	}
	if said.Dedupe != nil {
		out.Dedupe = said.Dedupe
	}
	if said.Split != nil {
		out.Split = said.Split
	}
	if t.Response != nil {
		out.Response = said.Response
	}
	return &out, nil
}
