package event_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// The list is newest first and narrows by type, user and time; a stranger sees nothing of it.
func TestList(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	at := time.Now().Truncate(time.Second)
	one, two, three := made("1"), made("2"), made("3")
	one.CreatedAt, two.CreatedAt, three.CreatedAt = at.Add(-2*time.Second), at.Add(-time.Second), at
	two.Type, three.ExternalUserID = event.AccountDead, "ada"
	r.emit(one, two, three)
	for name, c := range map[string]struct {
		f    event.Filter
		want []string
	}{
		"all":         {event.Filter{}, []string{"3", "2", "1"}},
		"by type":     {event.Filter{Types: []string{event.AccountDead, event.ConnectionError}}, []string{"2"}},
		"by user":     {event.Filter{ExternalUserID: "ada"}, []string{"3"}},
		"since":       {event.Filter{Since: at.Add(-time.Second)}, []string{"3", "2"}},
		"until":       {event.Filter{Until: at.Add(-time.Second)}, []string{"1"}},
		"a long past": {event.Filter{Until: at.Add(-24 * time.Hour)}, nil},
		"to come":     {event.Filter{Since: at.Add(24 * time.Hour)}, nil},
	} {
		page, err := r.List(t.Context(), r.scope, c.f, db.Cursor{})
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, e := range page.Items {
			got = append(got, e.SubjectID)
		}
		if !slices.Equal(got, c.want) || page.Total != len(c.want) {
			t.Errorf("%s: %v of %d, want %v", name, got, page.Total, c.want)
		}
	}
	if _, err := r.List(t.Context(), r.scope, event.Filter{Types: []string{"SOMETHING"}}, db.Cursor{}); !errors.Is(err, event.ErrType) {
		t.Error(err)
	}
	if e, err := r.Get(t.Context(), r.scope, two.ID); err != nil || e.Body != two.Body {
		t.Fatal(e, err)
	}
	stranger := testkit.Scope(t, r.DB)
	if _, err := r.Get(t.Context(), stranger, two.ID); !errors.Is(err, event.ErrNotFound) {
		t.Error(err)
	}
	if page, err := r.List(t.Context(), stranger, event.Filter{}, db.Cursor{}); err != nil || len(page.Items) > 0 {
		t.Error(page, err)
	}
}

// A secret is never shown.
func TestMasked(t *testing.T) {
	t.Parallel()
	e := event.Event{Body: `{"connect_token":"` + event.SecretMark + `"}`}
	if got := e.Masked(); got != `{"connect_token":"********"}` {
		t.Fatal(got)
	}
}
