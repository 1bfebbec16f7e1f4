package endpoint_test

import (
	"errors"
	"regexp"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// An address is a host label that tells nothing. What is bound to an
// environment answers in it alone; for what is not, the caller chooses.
func TestFind(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	var free, bound string
	err := d.In(t.Context(), s, func(tx *gorm.DB) (err error) {
		if free, err = endpoint.Create(tx, endpoint.OAuth, "", "p_1"); err != nil {
			return err
		}
		bound, err = endpoint.Create(tx, endpoint.Open, s.Environment(), "hi_1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind, got := range map[string]string{endpoint.OAuth: free, endpoint.Open: bound} {
		if !regexp.MustCompile("^" + kind + "[0-9a-z]{26}$").MatchString(got) {
			t.Errorf("%q is no host label of kind %s", got, kind)
		}
	}
	find := endpoint.Service{DB: d}
	f, err := find.Find(t.Context(), free)
	if err != nil || f.TargetID != "p_1" || f.Project != s.Project() {
		t.Fatalf("%+v, %v", f, err)
	}
	if dev, prod := f.Scope(tenant.Development), f.Scope(tenant.Production); dev != s || !prod.Valid() || prod.Environment() == dev.Environment() || prod.EnvironmentName() != tenant.Production {
		t.Errorf("%+v and %+v", dev, prod)
	}
	if f.Scope("staging").Valid() || f.Scope("").Valid() {
		t.Error("an environment that is not there has a scope")
	}
	if f, err = find.Find(t.Context(), bound); err != nil || f.TargetID != "hi_1" {
		t.Fatalf("%+v, %v", f, err)
	}
	for _, name := range []string{tenant.Development, tenant.Production, ""} {
		if f.Scope(name) != s {
			t.Errorf("asked for %q, a bound address answers in %+v", name, f.Scope(name))
		}
	}
	for _, unknown := range []string{"", "en0", bound + "x"} {
		if _, err := find.Find(t.Context(), unknown); !errors.Is(err, endpoint.ErrNotFound) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
}

// An address is removed by its own project; another's request removes nothing.
func TestDelete(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	mine, theirs := testkit.Scope(t, d), testkit.Scope(t, d)
	var address string
	err := d.In(t.Context(), mine, func(tx *gorm.DB) (err error) {
		address, err = endpoint.Create(tx, endpoint.Open, "", "p_1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	find := endpoint.Service{DB: d}
	if err := d.In(t.Context(), theirs, func(tx *gorm.DB) error { return endpoint.Delete(tx, "p_1") }); err != nil {
		t.Fatal(err)
	}
	if _, err := find.Find(t.Context(), address); err != nil {
		t.Fatal("another project has removed it:", err)
	}
	if err := d.In(t.Context(), mine, func(tx *gorm.DB) error { return endpoint.Delete(tx, "p_1") }); err != nil {
		t.Fatal(err)
	}
	if _, err := (&endpoint.Service{DB: d}).Find(t.Context(), address); !errors.Is(err, endpoint.ErrNotFound) {
		t.Fatal(err)
	}
	if at, err := find.Find(t.Context(), address); err != nil || at.TargetID != "p_1" {
		t.Errorf("%+v, %v: who knows the address need not ask again what was there", at, err)
	}
}
