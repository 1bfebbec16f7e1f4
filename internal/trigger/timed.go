package trigger

import (
	"context"

	"github.com/patchbay-dev/patchbay/internal/operation"
)

// timed is the Program of the trigger that is nothing but a timer.
type timed struct{}

// Deploy tells of nothing: there was nothing before.
func (timed) Deploy(context.Context, *Turn) (*Outcome, error) { return &Outcome{}, nil }

// Activate begins nothing: the host has the timer.
func (timed) Activate(context.Context, *Turn) (*Outcome, error) { return &Outcome{}, nil }

// Run tells that the time has come, and by which timer.
func (timed) Run(_ context.Context, t *Turn) (*Outcome, error) {
	return &Outcome{Events: []operation.Event{{Body: moment(t)}}}, nil
}

// Deactivate ends nothing.
func (timed) Deactivate(context.Context, *Turn) (*Outcome, error) { return &Outcome{}, nil }
