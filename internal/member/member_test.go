package member_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const password = "correct horse battery"

type rig struct {
	*member.Service
	t   *testing.T
	ada *member.Member
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, Service: &member.Service{DB: testkit.DB(t), Now: testkit.NewClock().Now}}
	var err error
	if r.ada, err = r.Create(t.Context(), "Acme", " Ada@Example.com ", "Ada", password); err != nil {
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

// A password is kept as argon2id in the PHC string format, with a salt of its own.
func TestPassword(t *testing.T) {
	t.Parallel()
	one, two := member.HashPassword(password), member.HashPassword(password)
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
		if got := member.CheckPassword(tt.password, tt.hash); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An e-mail is one person's, whatever its letters; what is refused leaves no
// workspace behind.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		email, password string
		want            error
	}{
		"an e-mail that is taken":      {"ADA@EXAMPLE.COM", password, member.ErrEmailTaken},
		"a password that is too short": {"eve@example.com", "123456789", member.ErrPassword},
		"a password that is too long":  {"eve@example.com", strings.Repeat("x", 201), member.ErrPassword},
	}
	for name, tt := range tests {
		if _, err := r.Create(t.Context(), "W", tt.email, "E", tt.password); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, table := range []string{"workspaces", "people", "members"} {
		if n := r.count(table); n != 1 {
			t.Errorf("%d %s", n, table)
		}
	}
	if !strings.Contains(member.ErrPassword.Message, "10 to 200") {
		t.Error(member.ErrPassword.Message)
	}
}
