package notify

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

var (
	discordPath = regexp.MustCompile(`^/api(/v\d+)?/webhooks/\d+/[\w-]+/?$`)
	clock       = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	days        = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // as time.Weekday counts
	channels    = []Channel{Discord, Slack, Teams, Email, Webhook}
	severities  = []event.Severity{event.Info, event.Warning, event.Error}
)

// target is what is sealed of a route.
type target struct {
	URL       string   `json:"url,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Key       string   `json:"key,omitempty"` // signs, for Webhook
}

// check returns the first rule that settings break. The target is checked apart.
func (s *Settings) check() error {
	if n := utf8.RuneCountInString(strings.TrimSpace(s.Name)); n == 0 || n > maxName {
		return ErrName
	}
	if !slices.Contains(channels, s.Channel) {
		return ErrChannel
	}
	if !slices.Contains([]Reach{OfEnvironment, OfProject, OfWorkspace}, s.Reach) {
		return ErrReach
	}
	if len(s.Severities) == 0 || slices.ContainsFunc(s.Severities, func(v event.Severity) bool { return !slices.Contains(severities, v) }) {
		return ErrSeverity
	}
	if len(s.EventTypes) == 0 || slices.ContainsFunc(s.EventTypes, func(p string) bool { return !known(p) }) {
		return ErrTypes
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		return ErrZone
	}
	if len(s.Mutes) > maxMutes || slices.ContainsFunc(s.Mutes, func(m Mute) bool { return !m.valid() }) {
		return ErrMute
	}
	if u, err := url.Parse(s.RunbookURL); s.RunbookURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(s.RunbookURL) > maxURL) {
		return ErrRunbook
	}
	return s.Digest.check()
}

// known reports whether a pattern names an event that can be told of.
func known(pattern string) bool {
	return slices.ContainsFunc(event.Kinds, func(k event.Kind) bool { return k.Type != event.TriggerEmitted && matches(pattern, k.Type) })
}

func matches(pattern, eventType string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(eventType, prefix)
	}
	return pattern == eventType
}

// hears reports whether the route tells of a kind of event.
func (r *Route) hears(k event.Kind) bool {
	return slices.Contains(r.Severities, k.Severity) && slices.ContainsFunc(r.EventTypes, func(p string) bool { return matches(p, k.Type) })
}

func (d *Digest) check() error {
	switch {
	case d.Every == "off":
		return nil
	case d.Every != "daily" && d.Every != "weekly", !clock.MatchString(d.At), d.Every == "weekly" && !slices.Contains(days, d.Day):
		return ErrDigest
	}
	return nil
}

func (m *Mute) valid() bool {
	return len(m.Days) > 0 && !slices.ContainsFunc(m.Days, func(d string) bool { return !slices.Contains(days, d) }) &&
		clock.MatchString(m.From) && clock.MatchString(m.To) && m.From != m.To
}

// at reports whether a local time lies in the window.
func (m *Mute) at(local time.Time) bool {
	on := func(t time.Time) bool { return slices.Contains(m.Days, days[t.Weekday()]) }
	now := local.Format("15:04")
	if m.From < m.To {
		return on(local) && now >= m.From && now < m.To
	}
	return on(local) && now >= m.From || on(local.AddDate(0, 0, -1)) && now < m.To
}

// muted reports whether the route is silent at a time.
func (r *Route) muted(now time.Time) bool {
	if r.MutedUntil != nil && now.Before(*r.MutedUntil) {
		return true
	}
	local := now.In(zone(r.TimeZone))
	return slices.ContainsFunc(r.Mutes, func(m Mute) bool { return m.at(local) })
}

// zone is a time zone that was checked before; one that this machine does not
// know any more is UTC.
func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return z
}

// aim returns the target that settings name, or nil when they name none.
func (s *Settings) aim(g *egress.Guard, mail *Mailer) (*target, error) {
	if s.Channel == Email {
		if mail == nil {
			return nil, ErrNoMail
		}
		if s.Addresses == nil {
			return nil, nil
		}
		return addressed(s.Addresses)
	}
	if s.URL == "" {
		return nil, nil
	}
	if len(s.URL) > maxURL {
		return nil, ErrTarget
	}
	if err := g.CheckURL(s.URL); err != nil {
		return nil, fault.Of(err).At("url")
	}
	if u, err := url.Parse(s.URL); s.Channel == Discord && (err != nil || !discordPath.MatchString(u.Path)) {
		return nil, ErrDiscord
	}
	return &target{URL: s.URL}, nil
}

func addressed(list []string) (*target, error) {
	if len(list) == 0 || len(list) > maxAddresses {
		return nil, ErrAddress
	}
	t := &target{}
	for _, raw := range list {
		a, err := mail.ParseAddress(strings.TrimSpace(raw))
		if err != nil || a.Name != "" || len(a.Address) > 254 || strings.ContainsAny(a.Address, "\r\n\x00") {
			return nil, ErrAddress
		}
		if !slices.Contains(t.Addresses, a.Address) {
			t.Addresses = append(t.Addresses, a.Address)
		}
	}
	return t, nil
}

// shown is a target as people may see it: enough to know it by, and too little
// to use it.
func (t *target) shown() string {
	if t.URL == "" {
		out := make([]string, len(t.Addresses))
		for i, a := range t.Addresses {
			at := strings.LastIndexByte(a, '@')
			_, size := utf8.DecodeRuneInString(a)
			out[i] = a[:size] + "•••" + a[at:]
		}
		return strings.Join(out, ", ")
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return "•••"
	}
	return u.Scheme + "://" + u.Host + "/•••"
}
