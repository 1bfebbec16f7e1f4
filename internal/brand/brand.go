// Package brand says how the hosted pages look in an environment of a project,
// what they call themselves, and at which host they are.
package brand

import (
	"cmp"

	"github.com/patchbay-dev/patchbay/internal/project"
)

// Brand is what a hosted page shows of the product it belongs to: the settings
// of its environment, filled up with those of its project. Its JSON is what the
// page reads.
type Brand struct {
	Product      string  `json:"product"` // who asks
	LogoURL      *string `json:"logo_url"`
	LogoDarkURL  *string `json:"logo_dark_url"` // nil = LogoURL serves both
	Mode         string  `json:"mode"`          // auto | light | dark
	Light        Palette `json:"light"`
	Dark         Palette `json:"dark"`
	Radius       int     `json:"radius"` // px
	Font         string  `json:"font"`   // system | rounded | serif | mono | custom
	FontURL      *string `json:"font_url"`
	Texts        Texts   `json:"texts"`
	SupportEmail *string `json:"support_email"`
	SupportURL   *string `json:"support_url"`
	PrivacyURL   *string `json:"privacy_url"`
	TermsURL     *string `json:"terms_url"`
}

// Palette are colours in the form #rrggbb; nil = ours, chosen to go with the rest.
type Palette struct {
	Accent     *string `json:"accent"` // of buttons and links
	Background *string `json:"background"`
	Surface    *string `json:"surface"` // of the card
	Text       *string `json:"text"`
}

// Texts are a project's own words, by locale and by key of the page's texts.
type Texts map[string]map[string]string

// Settings are what an environment sets; nil is not set.
type Settings struct {
	Product      *string `json:"product"`
	Mode         *string `json:"mode"`
	Light        Palette `json:"light"`
	Dark         Palette `json:"dark"`
	Radius       *int    `json:"radius"`
	Font         *string `json:"font"`
	Texts        Texts   `json:"texts"`
	SupportEmail *string `json:"support_email"`
	SupportURL   *string `json:"support_url"`
	PrivacyURL   *string `json:"privacy_url"`
	TermsURL     *string `json:"terms_url"`
}

// What counts where nothing is set.
const (
	defaultMode   = "auto"
	defaultFont   = "system"
	defaultRadius = 14
)

// over fills the settings up with those of the project.
func (s *Settings) over(p *project.Project, files []File) *Brand {
	b := &Brand{
		Product: p.Title(), Mode: defaultMode, Light: s.Light, Dark: s.Dark, Radius: defaultRadius, Font: defaultFont,
		Texts: s.Texts, SupportEmail: cmp.Or(s.SupportEmail, p.SupportEmail), SupportURL: s.SupportURL, PrivacyURL: s.PrivacyURL, TermsURL: s.TermsURL,
	}
	if s.Product != nil {
		b.Product = *s.Product
	}
	if s.Mode != nil {
		b.Mode = *s.Mode
	}
	if s.Font != nil {
		b.Font = *s.Font
	}
	if s.Radius != nil {
		b.Radius = *s.Radius
	}
	if b.Texts == nil {
		b.Texts = Texts{}
	}
	if b.SupportEmail != nil && *b.SupportEmail == "" {
		b.SupportEmail = nil // how a project says that it has none
	}
	for _, f := range files {
		at := f.Path()
		switch f.Kind {
		case Logo:
			b.LogoURL = &at
		case LogoDark:
			b.LogoDarkURL = &at
		case Font:
			b.FontURL = &at
		}
	}
	if b.Font == custom && b.FontURL == nil {
		b.Font = defaultFont
	}
	return b
}
