package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/token"
)

const password = "correct horse battery"

type rig struct {
	*access.Service
	t         *testing.T
	clock     *testkit.Clock
	workspace *access.Workspace
	ada       *access.Member
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
	var err error
	if r.workspace, r.ada, err = r.CreateWorkspace(t.Context(), "Acme", " Ada@Example.com ", "Ada", password); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) count(table string) (n int) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Table(table).Select("count(*)").Scan(&n).Error }); err != nil {
		r.t.Fatal(err)
	}
	return n
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

// A password is kept as argon2id in the PHC string format, with a salt of its own.
func TestPassword(t *testing.T) {
	t.Parallel()
	one, two := access.HashPassword(password), access.HashPassword(password)
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=65536,t=3,p=4$") || strings.Count(one, "$") != 5 {
		t.Fatal(one)
	}
	// A vector of the reference implementation, with other parameters: a hash says what it was made with.
	const foreign = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	tests := map[string]struct {
		password, hash string
		want           bool
	}{
		"the right one":        {password, one, true},
		"the wrong one":        {password + " ", one, false},
		"none":                 {"", one, false},
		"another's parameters": {"password", foreign, true},
		"no hash":              {password, "", false},
		"a plain text":         {password, password, false},
		"another function":     {password, strings.Replace(one, "argon2id", "argon2i", 1), false},
		"a sum that is cut":    {password, one[:strings.LastIndex(one, "$")+1], false},
		"broken parameters":    {password, strings.Replace(one, "m=65536", "m=x", 1), false},
		"a broken salt":        {password, strings.Replace(one, "p=4$", "p=4$!", 1), false},
	}
	for name, tt := range tests {
		if got := access.CheckPassword(tt.password, tt.hash); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The right e-mail and password open a session; whatever else is one and the
// same refusal, and tells nothing.
func TestSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	refused := map[string][2]string{
		"a wrong password":    {"ada@example.com", "wrong horse battery"},
		"an unknown e-mail":   {"eve@example.com", password},
		"an empty password":   {"ada@example.com", ""},
		"nobody's password":   {"eve@example.com", "nobody has this password"},
		"a part of an e-mail": {"ada@example", password},
	}
	for name, in := range refused {
		if raw, err := r.SignIn(t.Context(), in[0], in[1]); !errors.Is(err, access.ErrSignIn) || raw != "" {
			t.Errorf("%s: %q, %v", name, raw, err)
		}
	}
	if n := r.count("sessions"); n != 0 {
		t.Fatalf("%d sessions were opened", n)
	}
	raw, err := r.SignIn(t.Context(), " ADA@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	m, w, err := r.SignedIn(t.Context(), raw)
	if err != nil || m.ID != r.ada.ID || w.ID != r.workspace.ID {
		t.Fatal(m, w, err)
	}
	for _, other := range []string{"", raw + "x", strings.ToUpper(raw)} {
		if _, _, err := r.SignedIn(t.Context(), other); !errors.Is(err, access.ErrSession) {
			t.Errorf("%q: %v", other, err)
		}
	}
	var row string
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT s::text || encode(token_hash, 'escape') || m::text FROM sessions s, members m").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, raw) || strings.Contains(row, password) {
		t.Errorf("a secret lies in the database: %v", err)
	}
	for range 2 { // ending it twice is no error
		if err := r.SignOut(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := r.SignedIn(t.Context(), raw); !errors.Is(err, access.ErrSession) {
		t.Fatal(err)
	}
}

// A session ends after a week without use, and after a month in any case.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	open := func() (string, error) { return r.SignIn(t.Context(), "ada@example.com", password) }
	idle, err := open()
	if err != nil {
		t.Fatal(err)
	}
	used, err := open()
	if err != nil {
		t.Fatal(err)
	}
	began := r.clock.Now()
	for r.clock.Now().Add(6*24*time.Hour).Sub(began) < access.SessionLife {
		r.clock.Pass(6 * 24 * time.Hour)
		if _, _, err := r.SignedIn(t.Context(), used); err != nil {
			t.Fatalf("after %v: %v", r.clock.Now().Sub(began), err)
		}
	}
	if _, _, err := r.SignedIn(t.Context(), idle); !errors.Is(err, access.ErrSession) {
		t.Errorf("a session that was not used for %v: %v", r.clock.Now().Sub(began), err)
	}
	r.clock.Pass(access.SessionLife - r.clock.Now().Sub(began) - time.Second)
	if _, _, err := r.SignedIn(t.Context(), used); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	r.clock.Pass(time.Second)
	if _, _, err := r.SignedIn(t.Context(), used); !errors.Is(err, access.ErrSession) {
		t.Errorf("at its end: %v", err)
	}
}

// A link signs in once, however often and however fast it is clicked, and for
// half an hour.
func TestLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw, err := r.NewLink(t.Context(), r.ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	sessions := make([]string, 8)
	testkit.Warm(t, r.DB)
	var g errgroup.Group
	for i := range sessions {
		g.Go(func() error {
			s, err := r.SignInByLink(t.Context(), raw)
			sessions[i] = s
			if errors.Is(err, access.ErrLink) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	opened := strings.Fields(strings.Join(sessions, " "))
	if len(opened) != 1 || r.count("sessions") != 1 {
		t.Fatalf("%d sessions were opened by one link", len(opened))
	}
	if m, _, err := r.SignedIn(t.Context(), opened[0]); err != nil || m.ID != r.ada.ID {
		t.Fatal(m, err)
	}
	late, err := r.NewLink(t.Context(), r.ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(access.LinkLife)
	for name, link := range map[string]string{"expired": late, "guessed": "pbl_0", "empty": ""} {
		if _, err := r.SignInByLink(t.Context(), link); !errors.Is(err, access.ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An e-mail is a member once, whatever its letters; what is refused leaves no
// workspace behind.
func TestCreateWorkspaceRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		email, password string
		want            error
	}{
		"an e-mail that is taken":      {"ADA@EXAMPLE.COM", password, access.ErrEmailTaken},
		"a password that is too short": {"eve@example.com", "123456789", access.ErrPassword},
		"a password that is too long":  {"eve@example.com", strings.Repeat("x", 201), access.ErrPassword},
	}
	for name, tt := range tests {
		if _, _, err := r.CreateWorkspace(t.Context(), "W", tt.email, "E", tt.password); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := r.count("workspaces"); n != 1 {
		t.Fatalf("%d workspaces", n)
	}
	if !strings.Contains(access.ErrPassword.Message, "10 to 200") {
		t.Error(access.ErrPassword.Message)
	}
}
