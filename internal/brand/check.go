package brand

import (
	"encoding/json"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/web"
)

const (
	maxProduct = 60
	maxRadius  = 24 // px
	maxText    = 400
	maxURL     = 500
	maxEmail   = 254

	custom = "custom" // the font that was uploaded
)

var (
	modes   = []string{"auto", "light", "dark"}
	fonts   = []string{"system", "rounded", "serif", "mono", custom}
	locales = []string{"en", "de", "es", "fr", "ja"}

	colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	slotForm   = regexp.MustCompile(`\{[^{}]*\}`)
)

// words are the page's own texts by their keys, in English. The other languages
// have the same keys.
var words = func() (out map[string]string) {
	plain, err := web.Connect.ReadFile("connect/locales/en.json")
	if err == nil {
		err = json.Unmarshal(plain, &out)
	}
	if err != nil {
		panic(err) // the file is embedded
	}
	return out
}()

// Faults of settings. The sentences of those made by `at` name the field.
var (
	ErrColour  = fault.New(fault.Invalid, "brand_colour", "A colour is written like #1a2b3c.")
	ErrText    = fault.New(fault.Invalid, "brand_text", "A text has 1 to %d characters.", maxText)
	ErrURL     = fault.New(fault.Invalid, "brand_url", "An address is an https URL of up to %d characters.", maxURL)
	ErrEmail   = fault.New(fault.Invalid, "brand_email", "An e-mail address looks like help@example.com.")
	ErrProduct = fault.New(fault.Invalid, "brand_product", "The product's name has 1 to %d characters.", maxProduct)
	ErrRadius  = fault.New(fault.Invalid, "brand_radius", "The radius is 0 to %d pixels.", maxRadius)
	ErrChoice  = fault.New(fault.Invalid, "brand_choice", "The mode is auto, light or dark; the font is system, rounded, serif, mono or custom.")
	ErrCopy    = fault.New(fault.Conflict, "brand_copy", "A brand is copied from the other environment of the same project.")
)

// at is f with the name of the field it is about.
func at(f *fault.Error, field string) error {
	named := *f
	named.Message = field + ": " + f.Message
	return named.At(field)
}

// check returns the first rule that the settings break. It writes colours in
// lower case.
func (s *Settings) check() error {
	if s.Product != nil {
		*s.Product = strings.TrimSpace(*s.Product)
		if !plain(*s.Product, maxProduct) {
			return at(ErrProduct, "product")
		}
	}
	if s.Mode != nil && !slices.Contains(modes, *s.Mode) || s.Font != nil && !slices.Contains(fonts, *s.Font) {
		return ErrChoice
	}
	if s.Radius != nil && (*s.Radius < 0 || *s.Radius > maxRadius) {
		return at(ErrRadius, "radius")
	}
	for mode, p := range map[string]*Palette{"light": &s.Light, "dark": &s.Dark} {
		for name, c := range map[string]*string{"accent": p.Accent, "background": p.Background, "surface": p.Surface, "text": p.Text} {
			if c == nil {
				continue
			}
			if *c = strings.ToLower(*c); !colourForm.MatchString(*c) {
				return at(ErrColour, mode+"."+name)
			}
		}
	}
	for field, raw := range map[string]*string{"support_url": s.SupportURL, "privacy_url": s.PrivacyURL, "terms_url": s.TermsURL} {
		if raw != nil && !isPage(*raw) {
			return at(ErrURL, field)
		}
	}
	if s.SupportEmail != nil {
		a, err := mail.ParseAddress(*s.SupportEmail)
		if err != nil || a.Address != *s.SupportEmail || len(a.Address) > maxEmail {
			return at(ErrEmail, "support_email")
		}
	}
	return s.Texts.check()
}

// check returns the first rule that the texts break: which there are, what
// they leave open for the page to fill in, and how long they are.
func (t Texts) check() error {
	for locale, texts := range t {
		if !slices.Contains(locales, locale) {
			return fault.New(ErrText.Kind, ErrText.Code, "texts: The languages of the page are %s, and not %q.", strings.Join(locales, ", "), locale)
		}
		for key, text := range texts {
			ours, ok := words[key]
			field := "texts." + locale + "." + key
			switch {
			case !ok:
				return fault.New(ErrText.Kind, ErrText.Code, "texts.%s: The page has no text %q.", locale, key)
			case !plain(text, maxText):
				return at(ErrText, field)
			}
			for _, slot := range slotForm.FindAllString(text, -1) {
				if !strings.Contains(ours, slot) {
					return at(fault.New(ErrText.Kind, ErrText.Code, "Nothing is filled in for %s here; ours is: %s", slot, ours), field)
				}
			}
		}
	}
	return nil
}

// plain reports whether a text is one line of 1 to most characters that can be seen.
func plain(text string, most int) bool {
	n := utf8.RuneCountInString(text)
	return n > 0 && n <= most && utf8.ValidString(text) && strings.TrimSpace(text) != "" && !strings.ContainsFunc(text, func(r rune) bool {
		// Marks that turn the direction of what follows could make a name look like another.
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

func isPage(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && len(raw) <= maxURL && u.Scheme == "https" && u.Host != "" && u.User == nil && !strings.ContainsFunc(raw, unicode.IsSpace)
}

// logged is what the audit log shows of a brand.
func (s *Settings) logged() (v audit.View) {
	plain, _ := json.Marshal(s)   // texts and numbers always marshal
	_ = json.Unmarshal(plain, &v) // and come back
	return v
}
