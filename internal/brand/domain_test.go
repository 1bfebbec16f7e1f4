package brand_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// A host belongs to one environment of the installation, and is none of ours.
func TestDomain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	if u, err := r.PageURL(ctx, r.dev); err != nil || u != "https://connect.patchbay.test:8443" {
		t.Fatal(u, err)
	}
	d, err := r.SetDomain(ctx, r.dev, " Connect.ÄCME.example. ")
	if err != nil || d.Host != "connect.xn--cme-pla.example" {
		t.Fatal(d, err)
	}
	if u, err := r.PageURL(ctx, r.dev); err != nil || u != "https://connect.xn--cme-pla.example:8443" {
		t.Fatal(u, err)
	}
	for _, s := range []tenant.Scope{r.prod, r.stranger} {
		if _, err := r.SetDomain(ctx, s, "connect.äcme.example"); !errors.Is(err, brand.ErrDomainTaken) {
			t.Errorf("taken: %v", err)
		}
	}
	for _, asked := range []string{"connect.xn--cme-pla.example", "CONNECT.xn--cme-pla.example:8443"} {
		if f, ok, err := r.At(ctx, asked); err != nil || !ok || f.Environment != r.dev.Environment() || f.Host != d.Host {
			t.Errorf("%s: %+v %v %v", asked, f, ok, err)
		}
	}
	for _, asked := range []string{"connect.patchbay.test", "other.example", "", "127.0.0.1:80", "[::1]:80"} {
		if _, ok, err := r.At(ctx, asked); err != nil || ok {
			t.Errorf("%s: %v %v", asked, ok, err)
		}
	}
	if d, err = r.SetDomain(ctx, r.dev, "new.acme.example"); err != nil || d.Host != "new.acme.example" {
		t.Fatal(d, err)
	}
	if _, ok, _ := r.At(ctx, "connect.xn--cme-pla.example"); ok {
		t.Error("the host before is still there")
	}
	for _, s := range []tenant.Scope{r.stranger, r.prod} {
		if err := r.RemoveDomain(ctx, s); err != nil {
			t.Errorf("none to remove: %v", err)
		}
	}
	if d, err := r.Domain(ctx, r.dev); err != nil || d.Host != "new.acme.example" {
		t.Fatal(d, err)
	}
	for range 2 {
		if err := r.RemoveDomain(ctx, r.dev); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Domain(ctx, r.dev); !errors.Is(err, brand.ErrNoDomain) {
		t.Errorf("removed: %v", err)
	}
}

func TestDomainRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for host, want := range map[string]error{
		"": brand.ErrDomain, "acme": brand.ErrDomain, "*.acme.example": brand.ErrDomain, "acme.example:443": brand.ErrDomain, "https://acme.example": brand.ErrDomain,
		"acme.example/x": brand.ErrDomain, "203.0.113.5": brand.ErrDomain, "1.2.3": brand.ErrDomain, "[::1]": brand.ErrDomain, "a b.example": brand.ErrDomain, "-a.example": brand.ErrDomain,
		"a..example": brand.ErrDomain, "acme.example@evil.example": brand.ErrDomain, strings.Repeat("a.", 130) + "example": brand.ErrDomain, strings.Repeat("a", 64) + ".example": brand.ErrDomain,
		"connect.patchbay.test": brand.ErrDomainOurs, "x.Connect.Patchbay.test.": brand.ErrDomainOurs,
	} {
		if _, err := r.SetDomain(t.Context(), r.dev, host); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", host, err, want)
		}
	}
}

// A change made in one process is seen by the others, soon.
func TestDomainOfAnotherProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := &brand.Service{DB: r.DB, BaseURL: r.BaseURL, Now: r.clock.Now}
	if _, ok, err := other.At(t.Context(), "acme.example"); ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, err := r.SetDomain(t.Context(), r.dev, "acme.example"); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(3 * time.Second)
	if _, ok, err := other.At(t.Context(), "acme.example"); !ok || err != nil {
		t.Fatal(ok, err)
	}
}
