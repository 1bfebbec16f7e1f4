package access_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/token"
)

type rig struct {
	*access.Service
	t         *testing.T
	clock     *testkit.Clock
	workspace *member.Workspace
}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock := testkit.NewClock()
	r := &rig{t: t, clock: clock, Service: &access.Service{
		DB: testkit.DB(t), Box: testkit.Box(t), Keys: token.NewKeyring("https://patchbay.test"), Now: clock.Now,
	}}
	if err := r.LoadKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.workspace = r.another("Acme")
	return r
}

func (r *rig) count(table string) (n int) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Table(table).Select("count(*)").Scan(&n).Error }); err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r *rig) another(name string) *member.Workspace {
	r.t.Helper()
	w := &member.Workspace{ID: id.New("o"), Name: name, CreatedAt: r.clock.Now()}
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Create(w).Error }); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// A scope covers what it names and, with a star, what begins like it.
func TestAllows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		have []string
		need string
		want bool
	}{
		"the same":                         {[]string{"runs:read"}, "runs:read", true},
		"another":                          {[]string{"runs:read"}, "runs:write", false},
		"everything":                       {[]string{"*"}, "runs:read", true},
		"a family":                         {[]string{"connect:*"}, "connect:accounts:read", true},
		"another family":                   {[]string{"connect:*"}, "workflows:read", false},
		"a part of a family covers it not": {[]string{"connect:apps:*"}, "connect:*", false},
		"one of several":                   {[]string{"runs:read", "connect:*"}, "connect:proxy", true},
		"a word that only begins alike":    {[]string{"runs:read"}, "runs:readwrite", false},
		"none":                             {nil, "runs:read", false},
	}
	for name, tt := range tests {
		if got := access.Allows(tt.have, tt.need); got != tt.want {
			t.Errorf("%s: Allows(%v, %s) = %v", name, tt.have, tt.need, got)
		}
	}
}

// A caller gets what it asks for and has, or all that it has; never more.
func TestNarrow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		have  []string
		asked string
		want  []string
		err   error
	}{
		"nothing asked for":                    {[]string{"connect:*"}, " ", []string{"connect:*"}, nil},
		"a part":                               {[]string{"connect:*"}, "connect:proxy", []string{"connect:proxy"}, nil},
		"several, some twice":                  {[]string{"*"}, "runs:read connect:proxy  runs:read", []string{"connect:proxy", "runs:read"}, nil},
		"a family within a family":             {[]string{"connect:*"}, "connect:apps:*", []string{"connect:apps:*"}, nil},
		"more than there is":                   {[]string{"connect:proxy"}, "connect:*", nil, access.ErrInvalidScope},
		"another":                              {[]string{"connect:*"}, "runs:read", nil, access.ErrInvalidScope},
		"everything, of a family":              {[]string{"connect:*"}, "*", nil, access.ErrInvalidScope},
		"a scope that does not exist":          {[]string{"*"}, "connect:everything", nil, access.ErrInvalidScope},
		"one that is fine and one that is not": {[]string{"connect:*"}, "connect:proxy runs:read", nil, access.ErrInvalidScope},
	}
	for name, tt := range tests {
		got, err := access.Narrow(tt.have, tt.asked)
		if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}
