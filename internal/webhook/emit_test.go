package webhook_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// trigger makes urls the webhooks of a trigger.
func (r *rig) trigger(id string, urls ...string) (views []webhook.View) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) (err error) {
		views, err = r.SetOfTrigger(tx, id, urls, r.Now())
		return err
	})
	return views
}

// A trigger's own webhooks come before the project's; a connect token's hears
// of its own connection alone.
func TestWhoHears(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if got := r.emit(1, webhook.To{Trigger: "hi_bare"}); len(got) != 0 {
		t.Fatalf("%v heard where no webhook was set", got)
	}
	project, _ := r.project("https://project.test/hook")
	views := r.trigger("hi_own", "https://one.test/hook", "https://two.test/hook")
	tests := map[string]struct {
		to   webhook.To
		want []string
	}{
		"a trigger with webhooks of its own": {webhook.To{Trigger: "hi_own"}, []string{views[0].ID, views[1].ID}},
		"a trigger without":                  {webhook.To{Trigger: "hi_bare"}, []string{project}},
		"nobody was named":                   {webhook.To{}, nil},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, r.emit(1, tt.to)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	first, second := r.emit(1, webhook.To{URL: "https://token.test/hook"}), r.emit(1, webhook.To{URL: "https://token.test/hook"})
	if len(first) != 1 || first[0] == project || !cmp.Equal(first, second) {
		t.Errorf("a token's webhook: %v and %v, want one endpoint of its own, made once", first, second)
	}
}

// An event is told if and only if its transaction ends well.
func TestEmitIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.project("https://project.test/hook")
	boom := errors.New("boom")
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		if _, err := webhook.Emit(tx, &event.Event{Type: "x", SubjectID: "s", Body: "{}", CreatedAt: r.Now()}, webhook.To{Trigger: "hi_x"}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) || len(r.all()) != 0 {
		t.Fatal(err, r.all())
	}
}

// A URL that stays among a trigger's webhooks keeps its id and key; one that
// goes takes its deliveries along; setting none removes all.
func TestSetOfTrigger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := r.trigger("hi_x", "https://stays.test/", "https://goes.test/")
	r.emit(1, webhook.To{Trigger: "hi_x"})
	after := r.trigger("hi_x", "https://new.test/", "https://stays.test/")
	byURL := map[string]webhook.View{}
	for _, v := range after {
		byURL[v.URL] = v
	}
	stays := byURL["https://stays.test/"]
	if len(after) != 2 || stays.ID != before[0].ID || stays.Key != before[0].Key || stays.Key == "" {
		t.Fatalf("%+v became %+v", before, after)
	}
	if byURL["https://new.test/"].Key == stays.Key {
		t.Error("two webhooks of a trigger share a key")
	}
	if d := r.one(); d.URL != "https://stays.test/" {
		t.Errorf("a delivery to %s was left behind", d.URL)
	}
	listed, err := r.OfTrigger(t.Context(), r.scope, "hi_x")
	if err != nil || !cmp.Equal(listed, after) {
		t.Fatal(listed, err)
	}
	if left := r.trigger("hi_x"); len(left) != 0 {
		t.Fatalf("%+v", left)
	}
	if _, err := r.OneOfTrigger(t.Context(), r.scope, "hi_x", stays.ID); !errors.Is(err, webhook.ErrNoWebhook) {
		t.Fatal(err)
	}
}

// The environment's webhook is one: setting it again changes its URL and keeps
// its key, which is shown once.
func TestSetProject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if e, err := r.Project(t.Context(), r.scope); e != nil || err != nil {
		t.Fatal(e, err)
	}
	if _, err := r.RotateProject(t.Context(), r.scope); !errors.Is(err, webhook.ErrNoWebhook) {
		t.Fatal(err)
	}
	first, key := r.project("https://one.test/hook")
	second, again := r.project("https://two.test/hook")
	if first != second || key == "" || again != "" {
		t.Fatalf("ids %s and %s, keys shown %t and %t", first, second, key != "", again != "")
	}
	if e, err := r.Project(t.Context(), r.scope); err != nil || e.URL != "https://two.test/hook" {
		t.Fatal(e, err)
	}
	for name, url := range map[string]string{"another scheme": "ftp://x.test/", "a private address": "http://10.1.2.3/", "no URL": "x"} {
		if _, err := r.SetProject(t.Context(), r.scope, url); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := r.CheckURLs([]string{"https://ok.test/", "http://10.1.2.3/"}); !errors.Is(err, egress.ErrBlocked) {
		t.Error(err)
	}
	r.emit(1, webhook.To{Trigger: "hi_x"})
	for range 2 { // deleting twice is no error
		if err := r.DeleteProject(t.Context(), r.scope); err != nil {
			t.Fatal(err)
		}
	}
	if e, _ := r.Project(t.Context(), r.scope); e != nil || len(r.all()) != 0 {
		t.Fatal("the webhook or its deliveries are still there")
	}
}

func TestSetProjectByManyAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	type made struct {
		id  string
		key bool
		err error
	}
	got := make(chan made)
	const callers = 8
	for range callers {
		go func() {
			v, err := r.SetProject(t.Context(), r.scope, "https://one.test/hook")
			if err != nil {
				got <- made{err: err}
				return
			}
			got <- made{v.ID, v.Key != "", nil}
		}()
	}
	ids, keys := map[string]bool{}, 0
	for range callers {
		m := <-got
		if m.err != nil {
			t.Error(m.err)
		}
		ids[m.id] = true
		if m.key {
			keys++
		}
	}
	if len(ids) != 1 || keys != 1 {
		t.Errorf("%d webhooks were made and %d keys shown", len(ids), keys)
	}
}
