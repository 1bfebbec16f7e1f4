package toolprofile_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

var shipped = sync.OnceValue(func() *component.Registry {
	all, err := component.Shipped()
	if err != nil {
		panic(err)
	}
	return component.NewRegistry(all)
})

type rig struct {
	*toolprofile.Service
	d     *db.DB
	clock *testkit.Clock
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	c, err := catalog.Load("https://patchbay.test", "https://acme.test")
	if err != nil {
		t.Fatal(err)
	}
	all := &registry.Service{DB: d, Apps: &appfile.Service{DB: d, Shipped: c, Now: clock.Now}, Shipped: shipped, Now: clock.Now}
	return &rig{&toolprofile.Service{DB: d, Components: all, Now: clock.Now}, d, clock, testkit.Scope(t, d)}
}

func tools(all ...toolprofile.Tool) toolprofile.Change { return toolprofile.Change{Tools: all} }

const send, list = "slack-send-message", "slack-list-channels"

// What a profile may hold.
func TestProfileRules(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	many := make([]toolprofile.Tool, 101)
	tests := map[string]struct {
		name   string
		change toolprofile.Change
		code   string // "" = it is taken
	}{
		"one tool":                        {"a", tools(toolprofile.Tool{Key: send}), ""},
		"a value that holds":              {"support-desk-2", tools(toolprofile.Tool{Key: send, Preset: map[string]any{"channel": "C1", "unfurl_links": true}}), ""},
		"a prop that is hidden":           {"b", tools(toolprofile.Tool{Key: send, Hidden: []string{"blocks", "thread_ts", "blocks"}}), ""},
		"tools of ours":                   {"c", toolprofile.Change{MetaTools: []string{"run_tool", "search_tools", "run_tool"}, Tools: []toolprofile.Tool{{Key: send}}}, ""},
		"the longest name":                {strings.Repeat("a", 40), tools(toolprofile.Tool{Key: send}), ""},
		"a name that is too long":         {strings.Repeat("a", 41), tools(toolprofile.Tool{Key: send}), "tool_profile_name"},
		"a name that is a path":           {"a/b", tools(toolprofile.Tool{Key: send}), "tool_profile_name"},
		"a name that begins with -":       {"-a", tools(toolprofile.Tool{Key: send}), "tool_profile_name"},
		"no name":                         {"", tools(toolprofile.Tool{Key: send}), "tool_profile_name"},
		"no tools":                        {"d", tools(), "tool_profile_empty"},
		"too many tools":                  {"d", tools(many...), "too_many_tools"},
		"a tool of ours that is none":     {"d", toolprofile.Change{MetaTools: []string{"delete_all"}, Tools: []toolprofile.Tool{{Key: send}}}, "tool_profile_meta_tool"},
		"a description that is too long":  {"d", toolprofile.Change{Description: strings.Repeat("ü", 501), Tools: []toolprofile.Tool{{Key: send}}}, "tool_profile_description"},
		"an action that there is not":     {"d", tools(toolprofile.Tool{Key: "slack-no-such"}), "tool_profile_tool"},
		"a trigger":                       {"d", tools(toolprofile.Tool{Key: component.HTTPNewRequests}), "tool_profile_tool"},
		"a tool twice":                    {"d", tools(toolprofile.Tool{Key: send}, toolprofile.Tool{Key: list}, toolprofile.Tool{Key: send}), "tool_profile_tool"},
		"a prop that there is not":        {"d", tools(toolprofile.Tool{Key: send, Preset: map[string]any{"colour": "red"}}), "tool_profile_tool"},
		"the account's prop":              {"d", tools(toolprofile.Tool{Key: send, Preset: map[string]any{"slack": map[string]any{"authProvisionId": "apn_1"}}}), "tool_profile_tool"},
		"a needed prop that is hidden":    {"d", tools(toolprofile.Tool{Key: send, Hidden: []string{"text"}}), "tool_profile_tool"},
		"set and hidden":                  {"d", tools(toolprofile.Tool{Key: send, Preset: map[string]any{"text": "x"}, Hidden: []string{"text"}}), "tool_profile_tool"},
		"set to nothing":                  {"d", tools(toolprofile.Tool{Key: send, Preset: map[string]any{"text": nil}}), "tool_profile_tool"},
		"a value that the prop cannot be": {"d", tools(toolprofile.Tool{Key: list, Preset: map[string]any{"limit": "many"}}), "tool_profile_tool"},
	}
	for name, tt := range tests {
		p, err := r.Create(t.Context(), r.scope, tt.name, tt.change)
		if tt.code == "" && (err != nil || p.Name != tt.name) || tt.code != "" && fault.Of(err).Code != tt.code {
			t.Errorf("%s: %v, want %q", name, err, tt.code)
		}
	}
	p, err := r.Get(t.Context(), r.scope, "c")
	if err != nil || strings.Join(p.MetaTools, " ") != "search_tools run_tool" {
		t.Errorf("%+v, %v", p, err)
	}
}

// What a profile keeps is hidden, and nothing else of the action changes.
func TestNarrowed(t *testing.T) {
	t.Parallel()
	c, err := shipped().Of(component.Action, send, "")
	if err != nil {
		t.Fatal(err)
	}
	n := toolprofile.Tool{Key: send, Preset: map[string]any{"channel": "C1"}, Hidden: []string{"blocks"}}.Narrowed(c)
	for i := range c.Props {
		was, is := &c.Props[i], &n.Props[i]
		if kept := is.Name == "channel" || is.Name == "blocks"; was.Hidden || is.Hidden != kept || was.Argument() && is.Argument() == kept {
			t.Errorf("%s: hidden %v", is.Name, is.Hidden)
		}
	}
}

// A profile is changed by who has seen what is there, taken once, and gone for good.
func TestProfileLife(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	p, err := r.Create(ctx, r.scope, "desk", tools(toolprofile.Tool{Key: send}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Create(ctx, r.scope, "desk", tools(toolprofile.Tool{Key: list})); !errors.Is(err, toolprofile.ErrTaken) {
		t.Errorf("a second one of the name: %v", err)
	}
	r.clock.Pass(time.Second)
	next, err := r.Update(ctx, r.scope, "desk", toolprofile.Change{Description: "For the desk.", Tools: []toolprofile.Tool{{Key: list, Preset: map[string]any{"limit": 5.0}}}}, p.UpdatedAt)
	if err != nil || next.ID != p.ID || !next.UpdatedAt.After(p.UpdatedAt) {
		t.Fatalf("%+v, %v", next, err)
	}
	if _, err := r.Update(ctx, r.scope, "desk", tools(toolprofile.Tool{Key: send}), p.UpdatedAt); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("by who saw what was there before: %v", err)
	}
	got, err := r.Get(ctx, r.scope, "desk")
	if tool, ok := got.Tool(list); err != nil || got.Description != "For the desk." || !ok || tool.Preset["limit"] != 5.0 || got.Holds(send) {
		t.Errorf("%+v, %v", got, err)
	}
	stranger := testkit.Scope(t, r.d)
	if _, err := r.Get(ctx, stranger, "desk"); !errors.Is(err, toolprofile.ErrNotFound) {
		t.Errorf("another tenant reads it: %v", err)
	}
	if err := r.Delete(ctx, stranger, "desk"); !errors.Is(err, toolprofile.ErrNotFound) {
		t.Errorf("another tenant deletes it: %v", err)
	}
	if _, err := r.Create(ctx, stranger, "desk", tools(toolprofile.Tool{Key: send})); err != nil {
		t.Errorf("another tenant's of the name: %v", err)
	}
	if err := r.Delete(ctx, r.scope, "desk"); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(ctx, r.scope, "desk"); !errors.Is(err, toolprofile.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := r.Update(ctx, r.scope, "desk", tools(toolprofile.Tool{Key: send})); !errors.Is(err, toolprofile.ErrNotFound) {
		t.Errorf("changed after: %v", err)
	}
}

// Of many who make a profile of one name at once, one does.
func TestProfileOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = r.Create(t.Context(), r.scope, "desk", tools(toolprofile.Tool{Key: send})) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, toolprofile.ErrTaken):
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d were made", made)
	}
}
