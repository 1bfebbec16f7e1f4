package brand_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*brand.Service
	t             *testing.T
	clock         *testkit.Clock
	projects      *project.Service
	workspace, id string // the id is the project's
	dev, prod     tenant.Scope
	stranger      tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	r := &rig{t: t, clock: clock, projects: &project.Service{DB: d, Now: clock.Now}, workspace: id.New("o")}
	r.Service = &brand.Service{DB: d, BaseURL: "https://connect.patchbay.test:8443", Own: []string{"connect.patchbay.test", "localhost"}, Now: clock.Now}
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Mine', now())", r.workspace).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.projects.Create(t.Context(), r.workspace, "CRM", project.Change{AppName: to("Acme"), SupportEmail: to("help@acme.test")})
	if err != nil {
		t.Fatal(err)
	}
	r.id = p.ID
	r.dev, r.prod, r.stranger = r.scope(tenant.Development), r.scope(tenant.Production), testkit.Scope(t, d)
	return r
}

func (r *rig) scope(name string) tenant.Scope {
	r.t.Helper()
	s, err := r.projects.Scope(r.t.Context(), r.workspace, r.id, name)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) get(s tenant.Scope) *brand.State {
	r.t.Helper()
	st, err := r.Get(r.t.Context(), s)
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

func to[T any](v T) *T { return &v }

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>`

// An environment that sets nothing shows what its project is called and where
// its users find help; what it sets is its own alone.
func TestInherited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	st := r.get(r.dev)
	if b := st.Brand; b.Product != "Acme" || *b.SupportEmail != "help@acme.test" || b.Mode != "auto" || b.Radius != 14 || b.Font != "system" || b.Texts == nil || b.LogoURL != nil || st.UpdatedAt != nil || len(st.Warnings) != 0 {
		t.Fatalf("%+v", b)
	}
	st, err := r.Put(t.Context(), r.dev, brand.Settings{Product: to(" Acme Beta "), Radius: to(0), Font: to("custom"), SupportEmail: to("beta@acme.test"), Light: brand.Palette{Accent: to("#AA0011")}})
	if err != nil {
		t.Fatal(err)
	}
	if b := st.Brand; b.Product != "Acme Beta" || b.Radius != 0 || b.Font != "system" || *b.SupportEmail != "beta@acme.test" || *b.Light.Accent != "#aa0011" || st.UpdatedAt == nil {
		t.Fatalf("%+v, and a font that was not uploaded is none", b)
	}
	if b := r.get(r.prod).Brand; b.Product != "Acme" || b.Light.Accent != nil {
		t.Fatalf("another environment has it, too: %+v", b)
	}
	if _, err := r.Get(t.Context(), r.stranger); err != nil {
		t.Fatal(err)
	}
}

// A merge patch changes what it names; null takes a setting back.
func TestPatch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, patch := range []string{
		`{"product":"One","light":{"accent":"#aa0011","text":"#000000"},"texts":{"de":{"done.title":"Fertig!"},"en":{"done.title":"Ready"}}}`,
		`{"product":null,"light":{"accent":null},"texts":{"de":{"done.title":null,"back":"Weg"}},"radius":4}`,
	} {
		if _, err := r.Patch(t.Context(), r.dev, json.RawMessage(patch)); err != nil {
			t.Fatal(err)
		}
	}
	s := r.get(r.dev).Settings
	if s.Product != nil || s.Light.Accent != nil || *s.Light.Text != "#000000" || s.Texts["en"]["done.title"] != "Ready" || len(s.Texts["de"]) != 1 || s.Texts["de"]["back"] != "Weg" || *s.Radius != 4 {
		t.Fatalf("%+v", s)
	}
	for _, patch := range []string{`{"product":5}`, `{"logo_url":"https://x.test"}`, `[]`, `null`, `"x"`, `{`, `{"light":[]}`, `{"radius":99}`} {
		if _, err := r.Patch(t.Context(), r.dev, json.RawMessage(patch)); err == nil {
			t.Errorf("%s was taken", patch)
		}
	}
	if got := r.get(r.dev).Settings; *got.Radius != 4 || *got.Light.Text != "#000000" {
		t.Fatalf("a refused patch changed something: %+v", got)
	}
}

// What could not be shown, or would show something else, is refused with its field.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	long := strings.Repeat("ü", 401)
	tests := map[string]struct {
		in   brand.Settings
		want error
		says string
	}{
		"a colour by name":         {brand.Settings{Light: brand.Palette{Accent: to("red")}}, brand.ErrColour, "light.accent"},
		"a style in a colour":      {brand.Settings{Dark: brand.Palette{Surface: to("#fff;}x{")}}, brand.ErrColour, "dark.surface"},
		"a short colour":           {brand.Settings{Dark: brand.Palette{Text: to("#fff")}}, brand.ErrColour, "dark.text"},
		"no name":                  {brand.Settings{Product: to("  ")}, brand.ErrProduct, "product"},
		"a long name":              {brand.Settings{Product: to(long)}, brand.ErrProduct, "product"},
		"a name that turns round":  {brand.Settings{Product: to("Acme\u202eevil")}, brand.ErrProduct, "product"},
		"a mode of nobody":         {brand.Settings{Mode: to("sepia")}, brand.ErrChoice, "mode"},
		"a font of nobody":         {brand.Settings{Font: to("Comic Sans")}, brand.ErrChoice, "font"},
		"a radius below nothing":   {brand.Settings{Radius: to(-1)}, brand.ErrRadius, "radius"},
		"a radius beyond":          {brand.Settings{Radius: to(25)}, brand.ErrRadius, "radius"},
		"a script for a link":      {brand.Settings{TermsURL: to("javascript:alert(1)")}, brand.ErrURL, "terms_url"},
		"a link without TLS":       {brand.Settings{PrivacyURL: to("http://acme.test")}, brand.ErrURL, "privacy_url"},
		"a link with a name in it": {brand.Settings{SupportURL: to("https://acme.test@evil.test")}, brand.ErrURL, "support_url"},
		"no e-mail":                {brand.Settings{SupportEmail: to("help")}, brand.ErrEmail, "support_email"},
		"a name for an e-mail":     {brand.Settings{SupportEmail: to("Help <help@acme.test>")}, brand.ErrEmail, "support_email"},
		"another language":         {brand.Settings{Texts: brand.Texts{"xx": {"done": "x"}}}, brand.ErrText, `"xx"`},
		"a text that is none":      {brand.Settings{Texts: brand.Texts{"en": {"<b>": "x"}}}, brand.ErrText, "texts.en"},
		"what nobody fills in":     {brand.Settings{Texts: brand.Texts{"de": {"done.title": "Hallo {name}"}}}, brand.ErrText, "{name}"},
		"an empty text":            {brand.Settings{Texts: brand.Texts{"en": {"done": ""}}}, brand.ErrText, "texts.en.done"},
		"a long text":              {brand.Settings{Texts: brand.Texts{"en": {"done": long}}}, brand.ErrText, "texts.en.done"},
	}
	for name, tt := range tests {
		if _, err := r.Put(t.Context(), r.dev, tt.in); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %v that says %s", name, err, tt.want, tt.says)
		}
	}
	if st := r.get(r.dev); st.UpdatedAt != nil {
		t.Error("something was stored")
	}
}

// Colours that cannot be read are shown all the same, with a warning that has
// the ratio. A mode that is never shown is not warned of.
func TestContrast(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := brand.Settings{Light: brand.Palette{Text: to("#777777"), Surface: to("#ffffff"), Background: to("#ffffff")}, Dark: brand.Palette{Surface: to("#ffffff")}}
	st, err := r.Put(t.Context(), r.dev, in)
	if err != nil {
		t.Fatal(err)
	}
	at := func(mode, colour, on string) int {
		return slices.IndexFunc(st.Warnings, func(w brand.Warning) bool { return w.Mode == mode && w.Colour == colour && w.On == on })
	}
	i := at("light", "text", "surface")
	if i < 0 || st.Warnings[i].Ratio != 4.47 || st.Warnings[i].Minimum != 4.5 || !strings.Contains(st.Warnings[i].Message, "4.47 : 1") {
		t.Fatalf("%+v", st.Warnings)
	}
	if at("light", "text", "background") < 0 || at("dark", "text", "surface") < 0 || at("dark", "accent", "surface") < 0 || at("light", "accent", "surface") >= 0 {
		t.Errorf("%+v", st.Warnings)
	}
	if pale, err := r.Put(t.Context(), r.prod, brand.Settings{Light: brand.Palette{Text: to("#595959")}}); err != nil || len(pale.Warnings) != 1 || !strings.Contains(pale.Warnings[0].Message, "small print") {
		t.Errorf("%+v, %v", pale.Warnings, err)
	}
	in.Mode = to("light")
	if st, err = r.Put(t.Context(), r.dev, in); err != nil || len(st.Warnings) != 2 {
		t.Errorf("%+v, %v", st.Warnings, err)
	}
}

// A copy is a brand of its own: its files have other addresses, and what changes
// in one environment does not change in the other.
func TestCopy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	for _, s := range []tenant.Scope{r.dev, r.prod} {
		if _, err := r.SetFile(ctx, s, brand.Logo, []byte(svg)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.SetFile(ctx, r.prod, brand.LogoDark, []byte(svg)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Put(ctx, r.dev, brand.Settings{Product: to("Copied")}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again is the same
		st, err := r.Copy(ctx, r.dev, r.prod)
		if err != nil || st.Brand.Product != "Copied" || st.Brand.LogoDarkURL != nil || *st.Brand.LogoURL == *r.get(r.dev).Brand.LogoURL {
			t.Fatalf("%+v, %v", st, err)
		}
	}
	if err := r.RemoveFile(ctx, r.dev, brand.Logo); err != nil {
		t.Fatal(err)
	}
	if r.get(r.prod).Brand.LogoURL == nil {
		t.Error("the copy lost its logo with the original")
	}
	for name, pair := range map[string][2]tenant.Scope{"of itself": {r.dev, r.dev}, "of a stranger": {r.stranger, r.dev}, "to a stranger": {r.dev, r.stranger}} {
		if _, err := r.Copy(ctx, pair[0], pair[1]); !errors.Is(err, brand.ErrCopy) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who changed a brand stands in the log, with what and without the content.
func TestAudited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	_, err := r.Put(ctx, r.dev, brand.Settings{Radius: to(3)})
	_, err2 := r.SetFile(ctx, r.dev, brand.Logo, []byte(svg))
	_, err3 := r.Copy(ctx, r.dev, r.prod)
	_, err4 := r.SetDomain(ctx, r.prod, "acme.example")
	if err := errors.Join(err, err2, err3, err4, r.RemoveDomain(ctx, r.prod)); err != nil {
		t.Fatal(err)
	}
	page, err := (&audit.Service{DB: r.DB}).List(ctx, r.workspace, audit.Filter{ProjectID: r.id}, db.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range page.Items {
		got = append(got, e.Environment+" "+e.Action)
	}
	want := []string{"production " + audit.DomainRemoved, "production " + audit.DomainChanged, "production " + audit.BrandCopied, "development " + audit.BrandChanged, "development " + audit.BrandChanged, " " + audit.ProjectCreated}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A brand is not written over by who has not seen what is there, and by nobody
// who saw none when there is one.
func TestPutOfWhatWasSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	first, err := r.Put(ctx, r.dev, brand.Settings{Radius: to(3)}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Put(ctx, r.dev, brand.Settings{Radius: to(4)}, time.Time{}); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("who saw none: %v", err)
	}
	if _, err := r.Put(ctx, r.dev, brand.Settings{Radius: to(4)}, first.UpdatedAt.Add(-time.Second)); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("who saw an earlier one: %v", err)
	}
	if st := r.get(r.dev); *st.Settings.Radius != 3 {
		t.Errorf("written over: %v", *st.Settings.Radius)
	}
	if _, err := r.Put(ctx, r.dev, brand.Settings{Radius: to(5)}, *first.UpdatedAt); err != nil {
		t.Errorf("who saw it: %v", err)
	}
}
