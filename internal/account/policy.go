package account

import (
	"hash/fnv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// policy is what an app's file says of the life of a method's tokens.
type policy struct {
	kind     string        // none | stable | rotating | exchange | mint
	margin   time.Duration // before the end; < 0 = by the token's life
	grace    time.Duration // as long as a used refresh token may be used again
	keep     time.Duration // a refresh token that is not used for so long is renewed; 0 = never
	absolute time.Duration // the life of a grant, however it is used; 0 = no end
}

func policyOf(auth *catalog.Auth) policy {
	r := auth.Refresh
	p := policy{kind: r.Policy, margin: -1, grace: length(r.ReuseGrace), absolute: length(r.AbsoluteLifetime)}
	switch auth.Type {
	case catalog.ClientCredentials, catalog.JWT, catalog.ByAssertion, catalog.GitHubApp, catalog.Steps:
		p.kind = "mint" // however the file calls it: there is nothing to refresh with
	}
	switch r.Margin {
	case "", "auto":
	case "at_expiry":
		p.margin = 0
	default:
		p.margin = length(r.Margin)
	}
	if r.ReuseGrace == "until_used" {
		p.grace = length(r.ReuseGraceMax)
	}
	if idle := length(r.IdleLifetime); idle > 0 {
		p.keep = idle * 6 / 10
	}
	if keep := length(r.Keepalive); keep > 0 && (p.keep == 0 || keep < p.keep) {
		p.keep = keep
	}
	return p
}

// length reads a length of an app file, which the schema has checked; what is
// none is 0.
func length(text string) time.Duration {
	d, err := provider.Duration(text)
	if err != nil {
		return 0
	}
	return d
}

// renewable reports whether a token can be had again without its user.
func (p policy) renewable(in *contents) bool {
	switch p.kind {
	case "mint", "exchange":
		return true
	case "none":
		return false
	}
	return in.Parts["refresh"] != ""
}

// next is when a token is refreshed: some time before its end, or before its
// refresh token is forgotten for not being used. One that cannot be refreshed is
// looked at when it ends. ok is false for a token that needs neither.
func (p policy) next(r *row, renewable bool, now time.Time) (at time.Time, ok bool) {
	switch {
	case r.ExpiresAt == nil:
	case renewable:
		at, ok = r.ExpiresAt.Add(-p.before(r.ID, r.ExpiresAt.Sub(now))), true
	default:
		at, ok = *r.ExpiresAt, true
	}
	if keep := now.Add(p.keep); p.keep > 0 && renewable && (!ok || keep.Before(at)) {
		return keep, true
	}
	return at, ok
}

// before is how long before its end a token of a life is refreshed: the margin,
// spread by a tenth to either side so that the tokens of one day do not end
// together. A token is never refreshed in the first half of its life.
func (p policy) before(rowID string, life time.Duration) time.Duration {
	margin := p.margin
	if margin < 0 {
		margin = min(15*time.Minute, life/2)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(rowID))
	spread := 0.9 + 0.2*float64(h.Sum32())/float64(1<<32)
	return min(time.Duration(float64(margin)*spread), life/2)
}
