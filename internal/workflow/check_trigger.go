package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

const (
	maxPrefixes = 100
	maxJitter   = 24 * time.Hour
	maxWindow   = 7 * 24 * 3600 // seconds
	maxReply    = 4000          // bytes
)

var appSlug = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,62}$`)

func (d *Definition) checkTriggers() error {
	if len(d.Triggers) > maxTriggers {
		return invalid("triggers", "a workflow has at most %d triggers", maxTriggers)
	}
	names, addressed := map[string]bool{}, false
	for i := range d.Triggers {
		t, where := &d.Triggers[i], fmt.Sprintf("triggers[%d]", i)
		switch {
		case !slices.Contains([]string{HTTP, Schedule, Email, AppEvent}, t.Type):
			return invalid(where+".type", "%q is not http, schedule, email or app_event", t.Type)
		case !stepName.MatchString(t.Name):
			return invalid(where+".name", "%q does not match %s", t.Name, stepName)
		case names[t.Name]:
			return invalid(where+".name", "%q is the name of an earlier trigger", t.Name)
		case addressed && t.Type == HTTP:
			return invalid(where+".type", "a workflow has one address, and so at most one http trigger")
		}
		if a := t.Account; a != nil && a.Alias != "" && d.Accounts[a.Alias] == (Needs{}) {
			return invalid(where+".account.alias", "%q is none of the workflow's accounts: say in accounts of which app it is", a.Alias)
		}
		names[t.Name], addressed = true, addressed || t.Type == HTTP
		if err := t.check(where); err != nil {
			return err
		}
	}
	return nil
}

func (t *Trigger) check(where string) error {
	if err := t.checkForeign(where); err != nil {
		return err
	}
	if err := t.checkEvents(where); err != nil {
		return err
	}
	switch t.Type {
	case HTTP:
		return t.checkHTTP(where)
	case Schedule:
		return t.checkSchedule(where)
	case AppEvent:
		return t.checkAppEvent(where)
	}
	return nil
}

// checkForeign refuses fields that mean nothing for the trigger's type.
func (t *Trigger) checkForeign(where string) error {
	of := map[string]struct {
		said  bool
		types []string
	}{
		"auth": {t.Auth != "", []string{HTTP}}, "allow_ips": {len(t.AllowIPs) > 0, []string{HTTP}}, "response": {t.Response != nil, []string{HTTP}}, "cors": {t.CORS != nil, []string{HTTP}},
		"cron": {t.Cron != "", []string{Schedule}}, "time_zone": {t.TimeZone != "", []string{Schedule}}, "every": {t.Every != "", []string{Schedule}},
		"jitter": {t.Jitter != "", []string{Schedule}}, "missed": {t.Missed != "", []string{Schedule}}, "overlap": {t.Overlap != "", []string{Schedule}},
		"for_each_user": {t.ForEachUser != nil, []string{Schedule, AppEvent}},
		"component":     {t.Component != "", []string{AppEvent}}, "version": {t.Version != "", []string{AppEvent}}, "props": {t.Props != nil, []string{AppEvent}},
		"account": {t.Account != nil, []string{AppEvent}}, "external_user_id": {t.ExternalUserID != "", []string{AppEvent}},
	}
	for field, f := range of {
		if f.said && !slices.Contains(f.types, t.Type) {
			return invalid(where+"."+field, "it is for triggers of type %s", strings.Join(f.types, " or "))
		}
	}
	return nil
}

// checkEvents checks what any trigger may say of its events.
func (t *Trigger) checkEvents(where string) error {
	switch {
	case !slices.Contains([]string{"", "development", "production"}, t.Environment):
		return invalid(where+".environment", "%q is not development or production", t.Environment)
	case t.Filter != "" && !expression.IsHole(t.Filter):
		return invalid(where+".filter", "it is an expression in {{ }}")
	case t.Dedupe != nil && !expression.IsHole(t.Dedupe.Expression):
		return invalid(where+".dedupe.expression", "it is an expression in {{ }}")
	case t.Dedupe != nil && (t.Dedupe.Window < 0 || t.Dedupe.Window > maxWindow):
		return invalid(where+".dedupe.window_seconds", "it is between 1 and %d", maxWindow)
	}
	texts := map[string]string{"filter": t.Filter}
	if t.Dedupe != nil {
		texts["dedupe.expression"] = t.Dedupe.Expression
	}
	for field, text := range texts {
		if err := language.Check(text); err != nil {
			return invalid(where+"."+field, "%s", err)
		}
	}
	if t.Split != nil {
		for field, pointer := range map[string]string{"path": t.Split.Path, "id": t.Split.ID, "key": t.Split.Key} {
			if pointer != "" && !strings.HasPrefix(pointer, "/") {
				return invalid(where+".split."+field, "a JSON pointer begins with /")
			}
		}
	}
	return nil
}

func (t *Trigger) checkHTTP(where string) error {
	switch {
	case !slices.Contains([]string{AuthNone, AuthBearer, AuthOAuth, AuthHMAC}, t.Auth):
		return invalid(where+".auth", "%q is not none, bearer, oauth or hmac", t.Auth)
	case len(t.AllowIPs) > maxPrefixes:
		return invalid(where+".allow_ips", "there are at most %d", maxPrefixes)
	}
	for i, text := range t.AllowIPs {
		if _, err := prefix(text); err != nil {
			return invalid(fmt.Sprintf("%s.allow_ips[%d]", where, i), "%q is no address, and no prefix such as 192.0.2.0/24", text)
		}
	}
	if err := t.CORS.check(where + ".cors"); err != nil {
		return err
	}
	return t.Response.check(where + ".response")
}

// replyTypes are what a static answer may be: nothing that a browser would run.
var replyTypes = []string{"", "text/plain", "application/json", "application/xml", "text/xml"}

func (r *Reply) check(where string) error {
	switch {
	case r == nil:
		return nil
	case !slices.Contains([]string{ReplyDefault, ReplyStatic, ReplyWorkflow, ReplyAccepted}, r.Mode):
		return invalid(where+".mode", "%q is not default, static, workflow or accepted", r.Mode)
	case r.Mode != ReplyStatic && (r.Status != 0 || r.ContentType != "" || r.Body != ""):
		return invalid(where, "status, content_type and body are for the mode static")
	case r.Status != 0 && (r.Status < 200 || r.Status > 299):
		return invalid(where+".status", "%d is not a status from 200 to 299", r.Status)
	case !slices.Contains(replyTypes, r.ContentType):
		return invalid(where+".content_type", "it is one of %s", strings.Join(replyTypes[1:], ", "))
	case len(r.Body) > maxReply:
		return invalid(where+".body", "it has at most %d bytes", maxReply)
	}
	return nil
}

func prefix(text string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(text); err == nil {
		return at.Prefix(at.BitLen()) //nolint:wrapcheck // the caller says what it is
	}
	return netip.ParsePrefix(text) //nolint:wrapcheck // as above
}

// Admits reports whether a trigger takes calls from an address.
func (t *Trigger) Admits(ip string) bool {
	if len(t.AllowIPs) == 0 {
		return true
	}
	at, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(t.AllowIPs, func(text string) bool {
		p, err := prefix(text)
		return err == nil && p.Contains(at.Unmap())
	})
}

func (t *Trigger) checkSchedule(where string) error {
	switch {
	case (t.Cron == "") == (t.Every == ""):
		return invalid(where, "a schedule has either cron or every")
	case t.Every != "" && t.TimeZone != "":
		return invalid(where+".time_zone", "it is for cron")
	case !slices.Contains([]string{"", MissedSkip, MissedOne, MissedAll}, t.Missed):
		return invalid(where+".missed", "%q is not skip, one or all", t.Missed)
	case !slices.Contains([]string{"", OverlapAllow, OverlapSkip, OverlapQueue, OverlapCancelOld}, t.Overlap):
		return invalid(where+".overlap", "%q is not allow, skip, queue or cancel_old", t.Overlap)
	}
	if err := t.ForEachUser.check(where); err != nil {
		return err
	}
	s, err := t.Schedule()
	if err != nil {
		return invalid(where+"."+map[bool]string{true: "every", false: "cron"}[t.Every != ""], "%s", err)
	}
	if t.Every != "" && s.Spread() < LeastEvery {
		return invalid(where+".every", "it is at least %s", LeastEvery)
	}
	if t.Jitter == "" {
		return nil
	}
	if d, err := Duration(t.Jitter); err != nil || d > maxJitter {
		return invalid(where+".jitter", "it is a time such as 5m, of a day at most")
	}
	return nil
}

func (f *ForEachUser) check(where string) error {
	switch {
	case f == nil:
	case f.Instances == (f.App != ""):
		return invalid(where+".for_each_user", "it has either app or instances")
	case !f.Instances && !appSlug.MatchString(f.App):
		return invalid(where+".for_each_user.app", "it is the name of an app, such as slack")
	}
	return nil
}

// checkAppEvent checks for whom a component is deployed. Whether there is such a
// component, and what it takes, is known when it is.
func (t *Trigger) checkAppEvent(where string) error {
	ways := 0
	for _, said := range []bool{t.Account != nil, t.ExternalUserID != "", t.ForEachUser != nil} {
		if said {
			ways++
		}
	}
	switch {
	case t.Component == "":
		return invalid(where+".component", "it is missing")
	case ways != 1:
		return invalid(where, "an app_event says for whom it is: by account, external_user_id or for_each_user, of which it has one")
	case t.Account != nil && (t.Account.Of != OfProject || (t.Account.ID == "") == (t.Account.Alias == "")):
		return invalid(where+".account", "it is one of the project, named by alias, or by id")
	}
	if t.ForEachUser != nil && t.ForEachUser.Instances {
		return invalid(where+".for_each_user.instances", "it is for triggers of type schedule")
	}
	if text, err := json.Marshal(t.Props); err != nil || bytes.Contains(text, []byte("{{")) {
		return invalid(where+".props", "they are filled in when the workflow is deployed, before there is an event: expressions in {{ }} are for steps")
	}
	return t.ForEachUser.check(where)
}
