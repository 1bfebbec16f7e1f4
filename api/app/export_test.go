package app

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// NoteLook notes a look of a trigger in which something was logged, and returns its id.
func (a *App) NoteLook(t *testing.T, scope tenant.Scope, triggerID, user string) string {
	t.Helper()
	said := &trigger.Said{Observations: []action.Observation{{Kind: "console.log", At: time.UnixMilli(1795250000000), Message: "hello"}}}
	a.triggers.Journal.Add(scope, triggerID, trigger.Look{At: time.Now(), Kind: trigger.ByTime, Said: said})
	if err := a.triggers.Journal.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	looks, err := a.triggers.Looks(t.Context(), scope, triggerID, user)
	if err != nil || len(looks) == 0 {
		t.Fatal(looks, err)
	}
	return looks[0].ID
}
